"""EnvelopedVerifiableCredential and EnvelopedVerifiablePresentation: a token in a data URL, as a JSON object.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.enveloped.kinds import MAX_ENVELOPE_CHARACTERS, Kind
from protocols.credentials.shape import as_text, many
from protocols.errors import MalformedCredential, TooLarge, UnsupportedMessage
from protocols.jose.encoding import JsonObject

CREDENTIAL, PRESENTATION = "EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"
_TYPE_OF: Mapping[str, str] = {
    "application/vc+jwt": CREDENTIAL,
    "application/vc+sd-jwt": CREDENTIAL,
    "application/dc+sd-jwt": CREDENTIAL,
    "application/jwt": CREDENTIAL,
    "application/vp+jwt": PRESENTATION,
}
_MEMBERS = {"@context", "id", "type"}
_LONGEST_HEAD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The token of an envelope, and the media type that its data URL gives, in lower case."""

    media_type: str
    token: str


def is_enveloped(value: JsonObject) -> bool:
    """Whether an object says that it is an envelope, well-formed or not."""
    return bool({CREDENTIAL, PRESENTATION} & {item for item in many(value.get("type")) if isinstance(item, str)})


def wrap(token: str, kind: Kind) -> JsonObject:
    """The envelope around a token of `kind`; VC 1.1's tokens have none (ValueError)."""
    media_type = f"application/{kind.value}"
    if media_type not in _TYPE_OF:
        raise ValueError(f"{kind} has no envelope")
    return _envelope(media_type, token)


def wrap_jwt_vc(token: str) -> JsonObject:
    """An envelope for a VC 1.1 JWT within a presentation: our own, so that each credential there is an object."""
    return _envelope("application/jwt", token)


def unwrap(value: JsonObject) -> Sealed:
    """The token in an envelope.

    Base64 data URLs are refused: a token is text already, and two spellings of one are one too many.

    Raises:
        MalformedCredential: no envelope, one with more members than it has, or no data URL with a token.
        UnsupportedMessage: a media type that is not read here.
        TooLarge: over 400 KiB.
    """
    url = as_text(value.get("id"))
    if url is None or not url.startswith("data:"):
        raise MalformedCredential("an envelope without data URL", found=str(value.get("id"))[:40], expected="data:…")
    if len(url) > MAX_ENVELOPE_CHARACTERS:
        raise TooLarge("an envelope too large", expected=f"at most {MAX_ENVELOPE_CHARACTERS} characters")
    head, comma, token = url.removeprefix("data:").partition(",")
    if not comma or not token or ";" in head or len(head) > _LONGEST_HEAD:
        raise MalformedCredential("a data URL of another form", found=head[:40], expected="data:application/vc+jwt,…")
    media_type = head.lower()
    if media_type not in _TYPE_OF:
        raise UnsupportedMessage("an envelope of another media type", found=head, expected=", ".join(_TYPE_OF))
    _check_object(value, _TYPE_OF[media_type])
    return Sealed(media_type=media_type, token=token)


def _check_object(value: JsonObject, type_: str) -> None:
    if many(value.get("type")) != [type_]:
        raise MalformedCredential("an envelope of another type", found=str(value.get("type"))[:80], expected=type_)
    if CREDENTIALS_V2 not in many(value.get("@context")):
        raise MalformedCredential("an envelope without its context", expected=CREDENTIALS_V2)
    if more := value.keys() - _MEMBERS:
        raise MalformedCredential("an envelope that says more, unsigned", found=min(more)[:40], expected="id and type")


def _envelope(media_type: str, token: str) -> JsonObject:
    return {"@context": [CREDENTIALS_V2], "id": f"data:{media_type},{token}", "type": [_TYPE_OF[media_type]]}
