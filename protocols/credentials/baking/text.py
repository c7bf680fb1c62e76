"""What stands in a picture: a credential as JSON, or a compact JWS.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#baked-badge
"""

import json

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES
from protocols.credentials.enveloped.kinds import MAX_ENVELOPE_CHARACTERS
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, parse_object

Baked = JsonObject | str
"""A credential with an embedded proof, or one as a compact JWS."""
MAX_TEXT_BYTES = MAX_ENVELOPE_CHARACTERS
"""A token is the longest: a credential of 256 KiB in base64url."""


def as_baked(text: str) -> Baked:
    """The credential in `text`.

    Raises:
        MalformedCredential: neither a JSON object nor of the form of a compact JWS.
        TooLarge: over 256 KiB, or 400 KiB for a token.
    """
    text = text.strip()
    if len(text) > MAX_TEXT_BYTES:
        raise TooLarge("a baked credential too large", found=f"{len(text)} characters", expected=f"{MAX_TEXT_BYTES}")
    if not text.startswith("{"):
        if text.count(".") != 2 or not text.replace(".", "").replace("-", "").replace("_", "").isalnum():
            raise MalformedCredential("no credential in the picture", expected="a JSON object or a compact JWS")
        return text
    try:
        return parse_object(text, max_bytes=MAX_CREDENTIAL_BYTES)
    except TooLarge:
        raise
    except ProtocolError as error:
        raise MalformedCredential(f"no credential in the picture: {error.detail}", expected="a JSON object") from error


def to_text(credential: Baked) -> str:
    """`credential` as it is put into a picture; raises TooLarge as `as_baked` would."""
    text = credential if isinstance(credential, str) else json.dumps(credential, ensure_ascii=False)
    as_baked(text)
    return text
