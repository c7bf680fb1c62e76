"""VC 1.1 in a JWT: claims of the token take the place of properties. Read here, never written.

Spec: https://www.w3.org/TR/vc-data-model/#jwt-decoding (section 6.3.1)
"""

from datetime import datetime
from typing import Any

from protocols.credentials.basics import parse_contexts, parse_types
from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, MAX_PRESENTATION_BYTES, check_size
from protocols.credentials.enveloped.envelope import wrap_jwt_vc
from protocols.credentials.enveloped.kinds import Kind
from protocols.credentials.enveloped.token import numeric_date
from protocols.credentials.presentation import MAX_CREDENTIALS
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time, parse_time
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject

_DATES = {"nbf": "issuanceDate", "exp": "expirationDate"}


def kind_of(payload: JsonObject) -> Kind | None:
    """Which of the two claims there is; None for none, or for both."""
    found = [kind for name, kind in (("vc", Kind.JWT_VC), ("vp", Kind.JWT_VP)) if name in payload]
    return found[0] if len(found) == 1 else None


def read_jwt_vc(payload: JsonObject) -> tuple[JsonObject, str]:
    """The credential that the claims and the `vc` claim make together, and its issuer.

    Raises:
        MalformedCredential: not of data model 1.1, no iss, or a claim that contradicts a property.
        TooLarge: over 256 KiB.
    """
    credential = _base(payload, "vc", "VerifiableCredential")
    issuer = _issuer(payload)
    credential["issuer"] = _identified(credential.get("issuer"), issuer, "iss")
    if "sub" in payload:
        subjects = many(credential.get("credentialSubject"))
        if len(subjects) > 1:
            raise MalformedCredential("a sub for several subjects", expected="one credentialSubject")
        credential["credentialSubject"] = _identified(subjects[0] if subjects else {}, payload["sub"], "sub")
    for claim, name in _DATES.items():
        _set_date(credential, name, numeric_date(payload, claim))
    _set(credential, "id", payload.get("jti"), "jti")
    check_size(credential, MAX_CREDENTIAL_BYTES)
    return credential, issuer


def read_jwt_vp(payload: JsonObject) -> tuple[JsonObject, str]:
    """The presentation that the claims and the `vp` claim make together, and its holder.

    Credentials that are JWTs become envelopes of `application/jwt`, to be opened one by one like any other.

    Raises:
        MalformedCredential: not of data model 1.1, no iss, or a claim that contradicts a property.
        TooLarge: over 288 KiB or 20 credentials.
    """
    presentation = _base(payload, "vp", "VerifiablePresentation")
    holder = _issuer(payload)
    _set(presentation, "holder", holder, "iss")
    _set(presentation, "id", payload.get("jti"), "jti")
    credentials = many(presentation.get("verifiableCredential"))
    if len(credentials) > MAX_CREDENTIALS:
        raise TooLarge("too many credentials", found=str(len(credentials)), expected=f"at most {MAX_CREDENTIALS}")
    if credentials:
        presentation["verifiableCredential"] = [_wrapped(item) for item in credentials]
    check_size(presentation, MAX_PRESENTATION_BYTES)
    return presentation, holder


def _base(payload: JsonObject, claim: str, type_: str) -> JsonObject:
    found = as_object(payload.get(claim))
    if found is None:
        raise MalformedCredential(
            f"{claim} is not an object", expected="a credential or presentation without its proof"
        )
    _, version = parse_contexts(found)
    if version != "1.1":
        raise MalformedCredential(f"a {claim} claim around another data model", found=version, expected="1.1")
    parse_types(found, type_)
    return dict(found)


def _issuer(payload: JsonObject) -> str:
    issuer = as_text(payload.get("iss"))
    if not issuer:
        raise MalformedCredential("iss is missing", expected="the issuer's or holder's DID")
    return issuer


def _identified(value: Any, id_: Any, claim: str) -> Any:
    """`value`, an object, an id or nothing, with `id_` as its id."""
    owner = as_object(value)
    if owner is None:
        if value is not None and value != id_:
            raise _contradiction(claim)
        return id_
    if owner.get("id", id_) != id_:
        raise _contradiction(claim)
    return {**owner, "id": id_}


def _set(document: JsonObject, name: str, value: Any, claim: str) -> None:
    if value is None:
        return
    if document.get(name, value) != value:
        raise _contradiction(claim)
    document[name] = value


def _set_date(credential: JsonObject, name: str, at: datetime | None) -> None:
    if at is None:
        return
    if name in credential and abs(parse_time(credential[name], name, offset_required=False) - at).total_seconds() >= 1:
        raise _contradiction("nbf" if name == "issuanceDate" else "exp")
    credential.setdefault(name, format_time(at))


def _wrapped(credential: Any) -> Any:
    return wrap_jwt_vc(credential) if isinstance(credential, str) else credential


def _contradiction(claim: str) -> MalformedCredential:
    return MalformedCredential(f"the claim {claim} contradicts the document", expected="the same value, or none")
