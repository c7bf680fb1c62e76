"""`ler-node bake`: a signed badge put into a picture of it."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.inputs import read_bytes, read_credential, write_bytes
from protocols.credentials.baking import MAX_IMAGE_BYTES, bake


def register(app: typer.Typer) -> None:
    app.command("bake")(bake_file)


def bake_file(
    image: Annotated[Path, typer.Argument(help="A PNG or SVG.")],
    credential: Annotated[Path, typer.Argument(help="A signed badge: JSON, a compact JWS, or another baked picture.")],
    output: Annotated[Path, typer.Option(help="Where the baked picture is written; may be IMAGE itself.")],
) -> None:
    """Put CREDENTIAL into IMAGE, in place of any that is in it; nothing else of the picture changes."""
    write_bytes(output, bake(read_bytes(image, MAX_IMAGE_BYTES), read_credential(credential)))
    print(f"baked {credential} into {output}")
