"""How this node and its worker processes talk: frames of a 4-byte big-endian length and that much JSON."""

from typing import Any, BinaryIO

import orjson

LENGTH_BYTES = 4
MAX_FRAME_BYTES = 8 * 1024 * 1024


class BrokenFrame(Exception):
    """Not a frame: too long, cut off, or not a JSON object."""


def encode(value: dict[str, Any]) -> bytes:
    """One frame; raises BrokenFrame for what is too long or cannot be written as JSON."""
    try:
        body = orjson.dumps(value)
    except TypeError as error:
        raise BrokenFrame("not JSON") from error
    return length_of(len(body)) + body


def length_of(count: int) -> bytes:
    """The head of a frame of `count` bytes."""
    if count > MAX_FRAME_BYTES:
        raise BrokenFrame(f"{count} bytes")
    return count.to_bytes(LENGTH_BYTES, "big")


def parse_length(head: bytes) -> int:
    """How many bytes follow `head`."""
    count = int.from_bytes(head, "big")
    if count > MAX_FRAME_BYTES:
        raise BrokenFrame(f"{count} bytes")
    return count


def decode(body: bytes) -> dict[str, Any]:
    """The object in the body of a frame."""
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BrokenFrame("not JSON") from error
    if not isinstance(value, dict):
        raise BrokenFrame("not an object")
    return value  # pyright: ignore[reportUnknownVariableType]


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next frame of `stream`, waited for; None at its end."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    count = parse_length(head)
    body = stream.read(count)
    return decode(body) if len(body) == count else None
