"""Reads the body of an answer within a limit that counts what it inflates to, as it comes in.

aiohttp would inflate whole chunks; a bomb of 250 kB holds 256 MiB. Here no more than the limit is ever made.
"""

import zlib

import aiohttp

from node.errors import PayloadTooLarge, Rejected, Unreachable

CHUNK_BYTES = 64 * 1024


async def read_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The whole body, inflated where it is gzip.

    Raises:
        PayloadTooLarge: more than `max_bytes`; the connection is dropped.
        Rejected: another encoding, or broken gzip.
        Unreachable: it ended too early.
    """
    inflate = _Inflate() if _is_gzip(response) else None
    body = bytearray()
    try:
        while chunk := await response.content.read(CHUNK_BYTES):
            body += chunk if inflate is None else inflate.some(chunk, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise PayloadTooLarge("an answer too large", expected=f"at most {max_bytes} bytes")
        if inflate is not None and not inflate.is_complete:
            raise Unreachable("an answer that ended too early")
    except BaseException:
        response.close()
        raise
    return bytes(body)


def acceptable(content_type: str, accept: str) -> bool:
    """Whether an answer of `content_type` is one of those that `accept` names."""
    given = content_type.partition(";")[0].strip().lower()
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    is_json = given.startswith("application/") and given.endswith("+json")
    return "*/*" in wanted or given in wanted or (is_json and "application/json" in wanted)


class _Inflate:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)

    @property
    def is_complete(self) -> bool:
        return self._stream.eof

    def some(self, chunk: bytes, most: int) -> bytes:
        """What `chunk` inflates to, at most `most` bytes of it; what is left over shows that there was more."""
        try:
            made = self._stream.decompress(chunk, max(most, 1))
        except zlib.error as error:
            raise Rejected("an answer that is not gzip", expected="gzip, as its header says") from error
        if self._stream.unused_data:
            raise Rejected("data after the end of gzip", expected="one gzip member")
        return made


def _is_gzip(response: aiohttp.ClientResponse) -> bool:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Rejected("an encoding that was not asked for", found=encoding[:32], expected="gzip or none")
    return encoding.endswith("gzip")
