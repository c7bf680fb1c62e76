"""vc+jwt and vp+jwt: a credential or presentation of data model 2.0 that is the payload of a JWS.

Spec: https://www.w3.org/TR/vc-jose-cose/#with-jose
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from protocols.credentials.basics import owner_of, parse_contexts, parse_types
from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, MAX_PRESENTATION_BYTES, check_size
from protocols.credentials.contexts import CLR_ALL, OPEN_BADGES_ALL
from protocols.credentials.enveloped.kinds import Kind
from protocols.credentials.enveloped.token import Token, compact, seconds
from protocols.credentials.shape import as_object, as_text, many
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Signer

CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "cnf"})
"""Claims of the token, not of the credential in it, whose contexts do not know them; so is a `status` with a list."""
TYPES = {Kind.VC_JWT: "VerifiableCredential", Kind.VP_JWT: "VerifiablePresentation"}
_ENVELOPED = {"EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"}


def sign_vc_jwt(
    credential: JsonObject, signer: Signer, *, signed_at: datetime, expires_at: datetime | None = None
) -> str:
    """`credential` as vc+jwt.

    Args:
        signer: of Ed25519, P-256 or P-384; its kid is a DID URL of the issuer.
        expires_at: of the signature; the credential's own end is its validUntil.

    Raises:
        MalformedCredential: not a credential of data model 2.0 by the signer's DID.
        TooLarge: over 256 KiB.
    """
    return _sign(credential, Kind.VC_JWT, signer, _times(signed_at, expires_at))


def sign_vp_jwt(
    presentation: JsonObject,
    signer: Signer,
    *,
    signed_at: datetime,
    expires_at: datetime | None = None,
    challenge: str | None = None,
    domain: str | None = None,
) -> str:
    """`presentation` as vp+jwt; `challenge` and `domain` become the claims nonce and aud (OpenID4VP 1.0 B.1.3.1.5).

    Raises:
        MalformedCredential: not a presentation of data model 2.0 by the signer's DID.
        TooLarge: over 288 KiB.
    """
    asked = {name: value for name, value in (("nonce", challenge), ("aud", domain)) if value is not None}
    return _sign(presentation, Kind.VP_JWT, signer, {**_times(signed_at, expires_at), **asked})


def read_secured(payload: JsonObject, kind: Kind) -> tuple[JsonObject, str]:
    """The document in the payload of a vc+jwt, vp+jwt or vc+sd-jwt, and the issuer or holder it names.

    The holder may be absent; then it is the claim iss, then empty.

    Raises:
        MalformedCredential: another model or type, an envelope in an envelope, a `vc` or `vp` claim, or a claim that
            contradicts the document.
        TooLarge: a presentation over 288 KiB, a credential over 256 KiB.
    """
    if found := [name for name in ("vc", "vp") if name in payload]:
        raise MalformedCredential(f"a {found[0]} claim in a token of data model 2.0", expected="the document itself")
    claims = CLAIMS | {"status"} if "status_list" in (as_object(payload.get("status")) or {}) else CLAIMS
    document = {name: value for name, value in payload.items() if name not in claims}
    presentation = kind is Kind.VP_JWT
    check_size(document, MAX_PRESENTATION_BYTES if presentation else MAX_CREDENTIAL_BYTES)
    if _ENVELOPED & {item for item in many(document.get("type")) if isinstance(item, str)}:
        raise MalformedCredential("an envelope within an envelope", expected=TYPES.get(kind, TYPES[Kind.VC_JWT]))
    _, version = parse_contexts(document)
    if version != "2.0":
        raise MalformedCredential("a document of another data model", found=version, expected="2.0")
    parse_types(document, TYPES[Kind.VP_JWT if presentation else Kind.VC_JWT])
    name = "holder" if presentation else "issuer"
    owner = owner_of(document, name) if name in document or not presentation else ""
    _check_consistent(payload, document, owner)
    return document, owner or as_text(payload.get("iss")) or ""


def is_badge_token(payload: Mapping[str, Any]) -> bool:
    """Whether the payload is a credential of Open Badges or of a learner record: their tokens have the typ JWT.

    Spec: https://www.imsglobal.org/spec/ob/v3p0/#jwt-proof
    """
    contexts = [item for item in many(payload.get("@context")) if isinstance(item, str)]
    return "credentialSubject" in payload and any(item.startswith((OPEN_BADGES_ALL, CLR_ALL)) for item in contexts)


def _sign(document: JsonObject, kind: Kind, signer: Signer, claims: JsonObject) -> str:
    if "proof" in document:
        raise MalformedCredential("a document that has a proof already", expected="one without, for a token")
    payload = {**document, **claims}
    if overlap := CLAIMS & document.keys():
        raise MalformedCredential("a claim of the token in the document", found=", ".join(sorted(overlap)))
    _, owner = read_secured(payload, kind)
    did = signer.kid.partition("#")[0]
    if owner != did and (owner or kind is Kind.VC_JWT):
        raise MalformedCredential("a document of another issuer than its signer", found=owner[:80], expected=did[:80])
    return compact({"cty": kind.value.partition("+")[0], "kid": signer.kid, "typ": kind.value}, payload, signer)


def _times(signed_at: datetime, expires_at: datetime | None) -> JsonObject:
    times = {"iat": seconds(signed_at)}
    return times if expires_at is None else {**times, "exp": seconds(expires_at)}


def _check_consistent(payload: Mapping[str, Any], document: JsonObject, owner: str) -> None:
    """Claims that say the same as a property must say the same thing (section 3.1.3)."""
    if "iss" in payload and not as_text(payload["iss"]):
        raise MalformedCredential("iss is not a string", expected="the issuer's or holder's DID")
    subjects = [subject.get("id") for item in many(document.get("credentialSubject")) if (subject := as_object(item))]
    pairs = [("iss", [owner] if owner else None), ("jti", [document["id"]] if "id" in document else None)]
    pairs.append(("sub", subjects if any(subjects) else None))
    for name, meant in pairs:
        if name in payload and meant is not None and payload[name] not in meant:
            raise MalformedCredential(f"the claim {name} contradicts the document", expected="the same value, or none")


def check_replicated(token: Token, owner: str) -> None:
    """Raises MalformedCredential where the header repeats a claim with another value (RFC 7519 section 5.3)."""
    meant = {"iss": owner, **{name: token.payload[name] for name in ("sub", "aud") if name in token.payload}}
    if found := [name for name, value in meant.items() if name in token.header and token.header[name] != value]:
        raise MalformedCredential(
            f"{found[0]} in the header differs from the claim", expected="the same value, or none"
        )
