"""`ler-node contexts`: the JSON-LD contexts that credentials are read with, and adding one of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from node.adapters.own_contexts import add_context
from node.cli.inputs import read_bytes
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from node.settings import load_settings
from protocols.credentials.contexts import PINNED


def register(app: typer.Typer) -> None:
    contexts = typer.Typer(help="JSON-LD contexts: what the terms of a credential may mean.", no_args_is_help=True)
    contexts.command()(add)
    contexts.command(name="list")(show)
    app.add_typer(contexts, name="contexts")


def add(
    file: Annotated[Path, typer.Argument(help="The context as it is published, JSON-LD.")],
    url: Annotated[str, typer.Option(help="Under which credentials name it.")],
    data: DataOption,
    replace: Annotated[bool, typer.Option("--replace", help="In place of other bytes under this URL.")] = False,
) -> None:
    """Keep a context and pin it by SHA-256 in node.toml; you vouch for what its terms mean.

    It adds terms: one that changes what the built-in contexts say is refused. A node that runs takes it in when it is
    started again.
    """
    digest, is_new = add_context(load_settings(data), url, read_bytes(file), replace=replace)
    show_facts({"url": url, "sha256": digest, "state": "pinned" if is_new else "pinned before"})


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """List every context that is in force, built in or your own, with its SHA-256."""
    rows = [{"url": url, "sha256": digest, "source": "built-in"} for url, (_, digest) in PINNED.items()]
    own = load_settings(data).contexts.allowed
    rows += [{"url": url, "sha256": digest, "source": "own"} for url, digest in own.items()]
    show_rows(rows, ("source", "url", "sha256"), as_json=as_json)
