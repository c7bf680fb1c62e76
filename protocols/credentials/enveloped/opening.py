"""Opening whatever secures a credential or presentation with JOSE: the one door for the node.

Step 1 and step 4 of the numbered check of a credential, for envelopes. Pure and picklable in and out.

Specs: https://www.w3.org/TR/vc-jose-cose/, https://www.rfc-editor.org/rfc/rfc9901#section-7,
https://www.w3.org/TR/vc-data-model/#jwt-decoding
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, MAX_PRESENTATION_BYTES, check_size
from protocols.credentials.enveloped.envelope import Sealed, unwrap, wrap, wrap_jwt_vc
from protocols.credentials.enveloped.key_binding import MAX_AGE, check_key_binding
from protocols.credentials.enveloped.kinds import Kind, Opened
from protocols.credentials.enveloped.sd_jwt import SdJwt, algorithm_of, parse_sd_jwt, restore
from protocols.credentials.enveloped.sd_jwt_vc import OLDER_TYP, TYP, check_claims
from protocols.credentials.enveloped.token import (
    HOLDS,
    Asked,
    Token,
    check_asked,
    check_claims_times,
    check_header,
    check_signature,
    issuer_method,
    numeric_date,
    parse_token,
    token_result,
    unreadable,
)
from protocols.credentials.enveloped.vc_jose import check_replicated, is_badge_token, read_secured
from protocols.credentials.enveloped.vc_jwt import kind_of, read_jwt_vc, read_jwt_vp
from protocols.credentials.proofs.authority import Answer, short
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import as_object, as_text
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError, UnsupportedMessage
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
_CONTENT_OF = {Kind.VC_JWT: "vc", Kind.VP_JWT: "vp", Kind.VC_SD_JWT: "vc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What could be read of an envelope before anything of it was verified."""

    kind: Kind
    token: Token
    document: JsonObject
    owner: str
    types: tuple[str, ...]
    sd_jwt: SdJwt | None = None


def open_envelope(
    value: JsonObject | str,
    documents: Mapping[str, DidDocument],
    *,
    purpose: str,
    now: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
    expected_controller: str | None = None,
    seen_at: Mapping[str, datetime] | None = None,
    key_binding_max_age: timedelta = MAX_AGE,
) -> Opened:
    """The document in an envelope or token, and one result for each signature on it.

    Never raises for what a stranger sent. Credentials in an opened presentation are opened one by one, by whoever
    reads them; an envelope within an envelope is not opened.

    Args:
        value: an EnvelopedVerifiableCredential or EnvelopedVerifiablePresentation, or a compact token.
        documents: resolved DID documents by DID; one that is missing makes the answer "could not tell".
        purpose: the relationship the key must stand in: assertionMethod for credentials, authentication for
            presentations. Key binding is always authentication.
        challenge: what nonce must say; for an SD-JWT it, or `domain`, makes key binding necessary.
        domain: likewise what aud must say, as a set.
        expected_controller: whose key it must be besides; that of the issuer or holder named inside it always is.
        seen_at: as in `check_proofs`.
        key_binding_max_age: how long ago an SD-JWT's key binding may have been made.
    """
    asked = Asked(
        purpose=purpose,
        now=now,
        controller=expected_controller,
        seen_at=seen_at or {},
        challenge=challenge,
        domain=None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain),
    )
    token: Token | None = None
    try:
        sealed = _sealed(value)
        token = _token(sealed)
        read = _read(token, sealed)
    except (Answer, ProtocolError) as error:
        outcome, reason = _verdict(error)
        result = token_result(token, token.typ[:80] if token else Kind.UNKNOWN.value, purpose, outcome, reason)
        return Opened(document=None, results=(result,), kind=Kind.UNKNOWN)
    results = [_signed(read, documents, asked)]
    if read.sd_jwt is not None and (bound := _bound(read, read.sd_jwt, documents, asked, key_binding_max_age)):
        results.append(bound)
    confirmation = as_object(read.token.payload.get("cnf"))
    return Opened(
        document=read.document,
        results=tuple(results),
        kind=read.kind,
        confirmation=confirmation,
        status=_status(read.token, read.kind),
    )


def issuer_of(value: JsonObject | str) -> str | None:
    """The DID that has to be resolved first: of the issuer or holder, as the envelope says unverified; else None."""
    named = dids_of(value)
    return named[0] if named and named[0] else None


def contents_of(value: JsonObject | str) -> JsonObject | None:
    """The document in an envelope, unverified: to know what has to be gathered before it can be checked."""
    try:
        sealed = _sealed(value)
        return _read(_token(sealed), sealed).document
    except (ProtocolError, Answer):
        return None


def status_claim_of(value: JsonObject | str) -> Any:
    """The `status` claim of an envelope, unverified, as `contents_of`; None where it has none."""
    try:
        sealed = _sealed(value)
        token = _token(sealed)
        return _status(token, _read(token, sealed).kind)
    except (ProtocolError, Answer):
        return None


def dids_of(value: JsonObject | str) -> tuple[str, ...]:
    """Every DID whose document `open_envelope` needs: the issuer's or holder's, and that of the key in `cnf.kid`."""
    try:
        sealed = _sealed(value)
        read = _read(_token(sealed), sealed)
    except (ProtocolError, Answer):
        return ()
    bound = (as_object(read.token.payload.get("cnf")) or {}).get("kid")
    holder = bound.partition("#")[0] if isinstance(bound, str) and read.sd_jwt else ""
    return tuple(dict.fromkeys(did for did in (read.owner, holder) if did.startswith("did:") and len(did) <= 2048))


def as_envelope(token: str) -> JsonObject:
    """A text that stands where a credential belongs, as the envelope it should have come in, unread and unverified."""
    if "~" in token:
        return wrap(token, Kind.DC_SD_JWT)
    try:
        parsed = parse_token(token, max_payload_bytes=MAX_CREDENTIAL_BYTES)
    except ProtocolError:
        return wrap(token, Kind.VC_JWT)
    is_older = parsed.typ in ("jwt", "") and kind_of(parsed.payload) is not None
    return wrap_jwt_vc(token) if is_older else wrap(token, Kind.VC_JWT)


def _sealed(value: JsonObject | str) -> Sealed:
    return Sealed(media_type="", token=value) if isinstance(value, str) else unwrap(value)


def _token(sealed: Sealed) -> Token:
    largest = MAX_CREDENTIAL_BYTES if "~" in sealed.token else MAX_PRESENTATION_BYTES
    return parse_token(sealed.token.partition("~")[0], max_payload_bytes=largest + _CLAIMS_BYTES)


def _read(token: Token, sealed: Sealed) -> _Read:
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
    return _Read(kind=kind, token=token, document=document, owner=named, types=types, sd_jwt=sd_jwt)


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


def _signed(read: _Read, documents: Mapping[str, DidDocument], asked: Asked) -> ProofResult:
    """The result for the issuer's or holder's own signature."""
    created: datetime | None = None
    try:
        created = _created(read)
        _check(read, documents, asked, created)
    except (Answer, ProtocolError) as error:
        outcome, reason = _verdict(error)
        return token_result(read.token, read.kind.value, asked.purpose, outcome, reason, created=created)
    return token_result(read.token, read.kind.value, asked.purpose, Outcome.YES, HOLDS, created=created)


def _check(read: _Read, documents: Mapping[str, DidDocument], asked: Asked, created: datetime | None) -> None:
    token = read.token
    curve = check_header(token, types=read.types, content=_CONTENT_OF.get(read.kind))
    check_replicated(token, read.owner)
    if read.sd_jwt is None:
        check_asked(token.payload.get("nonce"), token.payload.get("aud"), asked)
    method = issuer_method(token, read.owner, curve, documents, created, asked)
    check_claims_times(token.payload, method, created, asked.now)
    check_signature(token, method.key)


def _bound(
    read: _Read, sd_jwt: SdJwt, documents: Mapping[str, DidDocument], asked: Asked, max_age: timedelta
) -> ProofResult | None:
    payload = read.token.payload
    confirmation = as_object(payload.get("cnf"))
    return check_key_binding(sd_jwt, confirmation, algorithm_of(payload), documents, asked, max_age=max_age)


def _status(token: Token, kind: Kind) -> Any:
    claim = token.payload.get("status")
    is_token = kind in (Kind.DC_SD_JWT, Kind.JWT_VC)  # in the others it may be a property of the document
    return claim if is_token or "status_list" in (as_object(claim) or {}) else None


def _created(read: _Read) -> datetime | None:
    """When the token says it was made; VC 1.1 knows no iat, and nbf is its issuanceDate."""
    claims = read.document if read.kind is Kind.DC_SD_JWT else read.token.payload
    created = numeric_date(claims, "iat")
    return numeric_date(claims, "nbf") if created is None and read.kind in (Kind.JWT_VC, Kind.JWT_VP) else created


def _verdict(error: Answer | ProtocolError) -> tuple[Outcome, str]:
    if isinstance(error, Answer):
        return error.outcome, error.reason
    unknown = isinstance(error, UnsupportedMessage)
    return Outcome.COULD_NOT_TELL if unknown else Outcome.NO, unreadable(error)
