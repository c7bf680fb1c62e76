"""What is baked: a credential as JSON, or a token."""

import re

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, canonical_json, parse_object

MAX_PICTURE_BYTES = 8 * 1024 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+){2}\Z")

Baked = JsonObject | str
"""A signed credential with its proof, or a compact JWS that holds one."""


def text_of(credential: Baked) -> str:
    """What stands in the picture; raises TooLarge for a credential over 256 KiB."""
    text = credential if isinstance(credential, str) else canonical_json(credential).decode()
    if len(text.encode()) > MAX_CREDENTIAL_BYTES:
        raise TooLarge("a credential too large", expected=f"at most {MAX_CREDENTIAL_BYTES} bytes")
    return text


def read(text: str) -> Baked:
    """The credential in a text that was taken out of a picture; raises MalformedCredential or TooLarge."""
    text = text.strip()
    if len(text.encode("utf-8", "surrogatepass")) > MAX_CREDENTIAL_BYTES:
        raise TooLarge("a credential too large", expected=f"at most {MAX_CREDENTIAL_BYTES} bytes")
    if _TOKEN.match(text):
        return text
    try:
        return parse_object(text)
    except TooLarge:
        raise
    except ProtocolError as error:
        raise MalformedCredential("the picture holds no credential", found=error.detail) from error
