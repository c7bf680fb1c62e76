"""What stands in an envelope or token, unverified: its kind, its document, and whose word it claims to be.

It is for whoever has to gather what is needed before anything can be checked, and for `open_envelope`, which checks.
"""

from dataclasses import dataclass
from typing import Any

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, MAX_PRESENTATION_BYTES, check_size
from protocols.credentials.enveloped.envelope import Sealed, unwrap, wrap, wrap_jwt_vc
from protocols.credentials.enveloped.kinds import Kind
from protocols.credentials.enveloped.sd_jwt import SdJwt, parse_sd_jwt, restore
from protocols.credentials.enveloped.sd_jwt_vc import OLDER_TYP, TYP, check_claims
from protocols.credentials.enveloped.token import Token, parse_token
from protocols.credentials.enveloped.vc_jose import is_badge_token, read_secured
from protocols.credentials.enveloped.vc_jwt import kind_of, read_jwt_vc, read_jwt_vp
from protocols.credentials.proofs.authority import Answer, short
from protocols.credentials.shape import as_object, as_text
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

_CLAIMS_BYTES = 4096
"""What the claims of a token may take besides the document."""
_MEDIA_OF = {
    Kind.VC_JWT: ("application/vc+jwt",),
    Kind.VP_JWT: ("application/vp+jwt",),
    Kind.VC_SD_JWT: ("application/vc+sd-jwt",),
    Kind.DC_SD_JWT: ("application/dc+sd-jwt", "application/vc+sd-jwt"),
    Kind.JWT_VC: ("application/jwt",),
    Kind.JWT_VP: (),
}
_TYPES_OF = {
    Kind.VC_JWT: ("vc+jwt",),
    Kind.VP_JWT: ("vp+jwt",),
    Kind.VC_SD_JWT: (OLDER_TYP,),
    Kind.DC_SD_JWT: (TYP, OLDER_TYP),
    Kind.JWT_VC: ("jwt", ""),
    Kind.JWT_VP: ("jwt", ""),
}
_BY_MEDIA = {"application/vc+jwt": Kind.VC_JWT, "application/vp+jwt": Kind.VP_JWT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What could be read of an envelope before anything of it was verified."""

    kind: Kind
    token: Token
    document: JsonObject
    owner: str
    types: tuple[str, ...]
    sd_jwt: SdJwt | None = None


def issuer_of(value: JsonObject | str) -> str | None:
    """The DID that has to be resolved first: of the issuer or holder, as the envelope says unverified; else None."""
    named = dids_of(value)
    return named[0] if named and named[0] else None


def contents_of(value: JsonObject | str) -> JsonObject | None:
    """The document in an envelope, unverified: to know what has to be gathered before it can be checked."""
    try:
        sealed = sealed_in(value)
        return read_token(token_of(sealed), sealed).document
    except (ProtocolError, Answer):
        return None


def status_claim_of(value: JsonObject | str) -> Any:
    """The `status` claim of an envelope, unverified, as `contents_of`; None where it has none."""
    try:
        sealed = sealed_in(value)
        token = token_of(sealed)
        return status_in(token, read_token(token, sealed).kind)
    except (ProtocolError, Answer):
        return None


def is_sd_jwt(value: JsonObject | str) -> bool:
    """Whether an envelope holds an SD-JWT, of which a key binding can be asked; unverified."""
    return "~" in _text(value)


def has_key_binding(value: JsonObject | str) -> bool:
    """Whether an envelope holds an SD-JWT with a key binding, unverified."""
    return is_sd_jwt(value) and not _text(value).endswith("~")


def dids_of(value: JsonObject | str) -> tuple[str, ...]:
    """Every DID whose document `open_envelope` needs: the issuer's or holder's, and that of the key in `cnf.kid`."""
    try:
        sealed = sealed_in(value)
        read = read_token(token_of(sealed), sealed)
    except (ProtocolError, Answer):
        return ()
    bound = (as_object(read.token.payload.get("cnf")) or {}).get("kid")
    holder = bound.partition("#")[0] if isinstance(bound, str) and read.sd_jwt else ""
    return tuple(dict.fromkeys(did for did in (read.owner, holder) if did.startswith("did:") and len(did) <= 2048))


def as_envelope(token: str) -> JsonObject:
    """A text that stands where a credential belongs, as the envelope it should have come in, unread and unverified."""
    kind = Kind.DC_SD_JWT if "~" in token else Kind.VC_JWT
    try:
        parsed = token_of(Sealed(media_type="", token=token))
    except ProtocolError:
        return wrap(token, kind)
    if kind is Kind.DC_SD_JWT:
        return wrap(token, Kind.VC_SD_JWT if parsed.typ == OLDER_TYP else kind)
    is_older = parsed.typ in ("jwt", "") and kind_of(parsed.payload) is not None
    return wrap_jwt_vc(token) if is_older else wrap(token, Kind.VC_JWT)


def status_in(token: Token, kind: Kind) -> Any:
    """The `status` claim as it came; None where there is none, or where it is a property of the document inside."""
    claim = token.payload.get("status")
    is_token = kind in (Kind.DC_SD_JWT, Kind.JWT_VC)  # in the others it may be a property of the document
    return claim if is_token or "status_list" in (as_object(claim) or {}) else None


def sealed_in(value: JsonObject | str) -> Sealed:
    """The token of an envelope, or that a text is; raises ProtocolError as `unwrap`."""
    return Sealed(media_type="", token=value) if isinstance(value, str) else unwrap(value)


def token_of(sealed: Sealed) -> Token:
    """The issuer's token; raises ProtocolError where it is none, or over the size of a credential or presentation."""
    largest = MAX_CREDENTIAL_BYTES if "~" in sealed.token else MAX_PRESENTATION_BYTES
    return parse_token(sealed.token.partition("~")[0], max_payload_bytes=largest + _CLAIMS_BYTES)


def read_token(token: Token, sealed: Sealed) -> Read:
    """The kind and the document; raises Answer or ProtocolError where there is none to be had."""
    sd_jwt = None
    if "~" in sealed.token or token.typ in (TYP, OLDER_TYP):
        sd_jwt = parse_sd_jwt(sealed.token)
        kind = Kind.VC_SD_JWT if "@context" in token.payload and "vct" not in token.payload else Kind.DC_SD_JWT
    else:
        kind = _kind_by_type(token, sealed.media_type)
    if sealed.media_type and sealed.media_type not in _MEDIA_OF[kind]:
        raise Answer(Outcome.NO, f"The envelope says {sealed.media_type}, but what is in it is {kind}.")
    document, owner = _document(token, kind, sd_jwt)
    kid = token.key_name
    named = owner or (kid.partition("#")[0].partition("?")[0] if kid.startswith("did:") else "")
    types = (*_TYPES_OF[kind], "") if sealed.media_type in _BY_MEDIA else _TYPES_OF[kind]
    if kind is Kind.VC_JWT and is_badge_token(token.payload):
        types = (*types, "jwt")
    return Read(kind=kind, token=token, document=document, owner=named, types=types, sd_jwt=sd_jwt)


def _text(value: JsonObject | str) -> str:
    """The token of an envelope; empty where it cannot be had."""
    try:
        return sealed_in(value).token
    except ProtocolError:
        return ""


def _kind_by_type(token: Token, media_type: str) -> Kind:
    by_type = {"vc+jwt": Kind.VC_JWT, "vp+jwt": Kind.VP_JWT}
    if not token.typ and media_type in _BY_MEDIA:  # typ is only recommended where the envelope says it too
        return _BY_MEDIA[media_type]
    kind = kind_of(token.payload) if token.typ in ("jwt", "") else by_type.get(token.typ)
    if token.typ == "jwt" and is_badge_token(token.payload):
        return Kind.VC_JWT
    if kind is None:
        known = ", ".join((*by_type, TYP, OLDER_TYP))
        raise Answer(Outcome.NO, f"The token is of type {short(token.typ) or 'none'}, expected one of {known}.")
    return kind


def _document(token: Token, kind: Kind, sd_jwt: SdJwt | None) -> tuple[JsonObject, str]:
    """The document and its issuer or holder, empty where none is named."""
    payload = token.payload
    if sd_jwt is not None:
        restored = restore(payload, sd_jwt.disclosures)
        check_size(restored.claims, MAX_CREDENTIAL_BYTES)
        check_claims(restored, payload, kind)
        if kind is Kind.DC_SD_JWT:
            return restored.claims, as_text(payload.get("iss")) or ""
        payload = restored.claims
    match kind:
        case Kind.JWT_VC:
            return read_jwt_vc(payload)
        case Kind.JWT_VP:
            return read_jwt_vp(payload)
        case _:
            return read_secured(payload, kind)
