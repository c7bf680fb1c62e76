"""What verbs take from files and from options of more than one part."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import typer

from protocols.credentials.baking import MAX_IMAGE_BYTES, Baked, as_baked, is_image, unbake
from protocols.errors import MalformedMessage, ProtocolError
from protocols.jose.encoding import JsonObject, parse_object

MAX_FILE_BYTES = 1024 * 1024


def read_bytes(path: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The file's bytes; raises BadParameter, which is an error of usage, where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}; expected a file that can be read") from error
    if len(data) > max_bytes:
        raise typer.BadParameter(f"{path}: more than {max_bytes} bytes; expected a smaller file")
    return data


def read_object(path: Path, max_depth: int = 32) -> JsonObject:
    """The JSON object in a file.

    Raises:
        MalformedMessage: not JSON, or not an object.
    """
    try:
        return parse_object(read_bytes(path), max_bytes=MAX_FILE_BYTES, max_depth=max_depth)
    except ProtocolError as error:
        raise MalformedMessage(f"{path}: {error.detail}", found=error.found, expected="a JSON object") from error


def read_credential(path: Path) -> Baked:
    """The credential in a file: a JSON object, a compact JWS, or one of them in a baked PNG or SVG.

    Raises:
        ProtocolError: none of those.
    """
    data = read_bytes(path, MAX_IMAGE_BYTES)
    if is_image(data):
        return unbake(data)
    if re.fullmatch(rb"\s*[\w-]+\.[\w-]*\.[\w-]+\s*", data[:MAX_FILE_BYTES], re.ASCII):
        return as_baked(data.decode("ascii"))
    return read_object(path)


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file; raises BadParameter where that cannot be done."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}; expected a place that can be written to") from error


def read_table(path: Path) -> JsonObject:
    """The object in a JSON file, or the tables of a `.toml` file."""
    if path.suffix.lower() != ".toml":
        return read_object(path)
    try:
        value = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedMessage(f"{path}: not TOML", found=str(error)[:100], expected="TOML in UTF-8") from error
    return cast(JsonObject, json.loads(json.dumps(value, default=str)))


def uri_and_name(text: str) -> tuple[str, str | None]:
    """`URI=NAME` in its parts, the name after the last "="; None where there is none.

    Raises:
        BadParameter: not a URI before it.
    """
    uri, equals, name = text.rpartition("=")
    if not equals:
        uri, name = text, ""
    if not uri.startswith(("http://", "https://", "urn:")) or any(character.isspace() for character in uri):
        raise typer.BadParameter(f"found {text[:100]!r}, expected URI=NAME with the URI of a skill")
    return uri, name.strip() or None


def instant(text: str) -> str:
    """A date or time of ISO 8601 as an RFC 3339 instant; where it names no zone it is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"found {text[:40]!r}, expected a time such as 2030-06-30T12:00:00Z") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def seconds(text: str) -> int:
    """`90s`, `15m`, `12h`, `14d` or plain seconds, in seconds."""
    units: dict[str, Any] = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    if not number.isascii() or not number.isdigit():
        raise typer.BadParameter(f"found {text[:40]!r}, expected a time such as 14d, 12h, 15m or 90s")
    return int(number) * unit
