"""`ler-node unbake`: the badge out of a picture, unverified."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.inputs import read_bytes, write_bytes
from protocols.credentials.baking import MAX_IMAGE_BYTES, to_text, unbake


def register(app: typer.Typer) -> None:
    app.command("unbake")(unbake_file)


def unbake_file(
    image: Annotated[Path, typer.Argument(help="A baked PNG or SVG.")],
    output: Annotated[Path | None, typer.Option(help="Where the credential is written; printed otherwise.")] = None,
) -> None:
    """Take the credential out of IMAGE as it is in there: nothing of it is verified by that."""
    text = to_text(unbake(read_bytes(image, MAX_IMAGE_BYTES)))
    if output is None:
        print(text)
    else:
        write_bytes(output, text.encode())
