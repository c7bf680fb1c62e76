"""`ler-node bake` and `ler-node unbake`: badges inside their pictures. Neither needs a node, a key or a network."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from node.cli.inputs import read_bytes, read_credential
from node.cli.output import write_new
from protocols.credentials.baking import bake as baked
from protocols.credentials.baking import unbake as unbaked
from protocols.credentials.baking.contents import MAX_PICTURE_BYTES
from protocols.jose.encoding import canonical_json

OutOption = Annotated[
    Path | None, typer.Option("--out", help="A file that does not exist yet; standard output otherwise.")
]


def register(app: typer.Typer) -> None:
    app.command()(bake)
    app.command()(unbake)


def bake(
    credential: Annotated[Path, typer.Argument(help="A signed badge: JSON, a token, or a picture that holds one.")],
    picture: Annotated[Path, typer.Argument(help="A PNG or SVG picture; one that holds a badge gets this instead.")],
    out: OutOption = None,
) -> None:
    """Put a signed badge into its picture, as Open Badges 3.0 has it: it travels wherever the picture does."""
    _write(baked(read_bytes(picture, MAX_PICTURE_BYTES), read_credential(credential)), out)


def unbake(
    picture: Annotated[Path, typer.Argument(help="A PNG or SVG picture that holds a badge.")],
    out: OutOption = None,
) -> None:
    """Take the badge out of a picture, as it is: `ler-node verify` says whether it is to be believed."""
    found = unbaked(read_bytes(picture, MAX_PICTURE_BYTES))
    _write((found.encode() if isinstance(found, str) else canonical_json(found)) + b"\n", out)


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        return
    write_new(out, data)
