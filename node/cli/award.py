"""`ler-node award`: badges of an older kind, made ready to be issued anew."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from node.cli.inputs import read_object
from node.cli.output import write_new
from protocols.credentials.open_badges_2 import draft_of, read_award
from protocols.credentials.times import format_time


def register(app: typer.Typer) -> None:
    award = typer.Typer(help="Awards from elsewhere.", no_args_is_help=True)
    award.command("import")(import_award)
    award.callback()(lambda: None)
    app.add_typer(award, name="award")


def import_award(
    file: Annotated[Path, typer.Argument(help="An Open Badges 2.0 assertion, with badge class and issuer in it.")],
    out: Annotated[Path | None, typer.Option(help="A file that does not exist yet; standard output otherwise.")] = None,
) -> None:
    """Read an Open Badges 2.0 assertion as a draft for `issue --file`; nothing of it is verified by that."""
    award = read_award(read_object(file))
    text = json.dumps(draft_of(award), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        write_new(out, text.encode())
    print(f"not verified: compare it with your own books, or with {award.id}, before you issue it", file=sys.stderr)
    if award.is_revoked:
        print("it says of itself that it is revoked", file=sys.stderr)
    if award.expires_at is not None:
        print(f"it ends on {format_time(award.expires_at)}: issue it with --valid-until", file=sys.stderr)
