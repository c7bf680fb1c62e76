"""`ler-node demo`: the whole story on this machine, with real processes."""

from typing import Annotated

import typer

from node.demo.story import main


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="Leave everything running until Ctrl-C.")] = False,
) -> None:
    """Tell the whole story in .demo: issue, ask, consent, relay, verified report, revoke, the next report."""
    raise typer.Exit(main(keep=keep))
