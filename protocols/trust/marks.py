"""Trust marks: an issuer states that an entity meets criteria; and delegations, by which their owner lets it do so.

A mark is a JWS by a federation key of its issuer; it may carry the delegation of whoever owns the type. What is read
here is syntax: whether a mark is to be believed is `mark_validation.validate_mark`'s to say, which needs the anchor.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-7
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id
from protocols.trust.mark_scope import MarkScope
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.times import from_seconds, to_seconds

MARK_TYP = "trust-mark+jwt"
DELEGATION_TYP = "trust-mark-delegation+jwt"
MAX_MARK_BYTES = 12 * 1024
MAX_DELEGATION_BYTES = 4 * 1024
MAX_TYPE_CHARACTERS = 512
ALGORITHMS = ("EdDSA", "Ed25519", "ES256")

_TYPE = re.compile(r"[a-z][a-z0-9+.-]{0,30}:[\x21-\x7e]+\Z")
_URL = re.compile(r"https://[\x21-\x7e]{1,2040}\Z")
_ID = re.compile(r"[A-Za-z0-9._~:-]{1,128}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """`iss`, who owns the type, lets `sub` issue marks of it; `exp` None: it does not end by itself."""

    trust_mark_type: str
    iss: str
    sub: str
    iat: datetime
    exp: datetime | None
    ref: str | None
    kid: str
    token: str

    def verify_with(self, jwks: Mapping[str, PublicKey]) -> None:
        """Returns when a key of the owner signed it; raises `delegation_kid_unknown` or `delegation_signature`."""
        _verify(self.token, self.kid, jwks, prefix="delegation_", max_bytes=MAX_DELEGATION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMark:
    """One parsed mark; nothing in it is to be believed before `validate_mark`.

    Args:
        exp: None: it does not expire.
        id: `jti`, by which its issuer finds what it granted; None where it has none.
        scope: what it accredits for; None where it is no accreditation.
    """

    trust_mark_type: str
    iss: str
    sub: str
    iat: datetime
    exp: datetime | None
    id: str | None
    logo_uri: str | None
    ref: str | None
    delegation: Delegation | None
    scope: MarkScope | None
    kid: str
    token: str

    def verify_with(self, jwks: Mapping[str, PublicKey]) -> None:
        """Returns when a key of its issuer signed it; raises StatementRefused `kid_unknown` or `signature`."""
        _verify(self.token, self.kid, jwks, prefix="", max_bytes=MAX_MARK_BYTES)

    def is_current(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.exp is None or now < self.exp


def parse_mark(token: str) -> TrustMark:
    """The mark in `token`, its form checked, its signature and its dates not.

    Raises:
        StatementRefused: `too_large`, `not_a_jws`, `typ`, `alg`, `kid_missing`, `claim_missing`, `entity_id`,
            `trust_mark_type`, `iat_invalid`, `exp_invalid`, `jti`, `logo_uri`, `ref`, those of `MarkScope.parse`, and
            those of `parse_delegation`.
    """
    common, claims = _read(token, MARK_TYP, max_bytes=MAX_MARK_BYTES)
    delegation, id = claims.get("delegation"), claims.get("jti")
    if delegation is not None and not isinstance(delegation, str):
        raise StatementRefused("a delegation that is no token", rule="delegation", found=type(delegation).__name__)
    if id is not None and (not isinstance(id, str) or not _ID.match(id)):
        raise StatementRefused("not an id of a mark", rule="jti", found=shown(id), expected="a short word")
    return TrustMark(
        **common._asdict(),
        id=id,
        logo_uri=_url(claims, "logo_uri"),
        delegation=None if delegation is None else parse_delegation(delegation),
        scope=MarkScope.parse(claims),
        token=token,
    )


def parse_delegation(token: str) -> Delegation:
    """The delegation in `token`, its form checked, its signature and its dates not.

    Raises:
        StatementRefused: the rules of `parse_mark`, with `delegation_` before each.
    """
    try:
        common, _ = _read(token, DELEGATION_TYP, max_bytes=MAX_DELEGATION_BYTES)
    except StatementRefused as refusal:
        raise StatementRefused(
            f"in the delegation: {refusal.detail}",
            rule=f"delegation_{refusal.rule}",
            found=refusal.found,
            expected=refusal.expected,
        ) from refusal
    return Delegation(**common._asdict(), token=token)


def sign_mark(
    *,
    trust_mark_type: str,
    issuer: str,
    subject: str,
    signer: Signer,
    iat: datetime,
    exp: datetime | None = None,
    id: str | None = None,
    logo_uri: str | None = None,
    ref: str | None = None,
    delegation: str | None = None,
    scope: MarkScope | None = None,
) -> str:
    """The token of a mark; `signer` has a federation key of the issuer.

    Raises:
        StatementRefused: what would be signed would not be accepted by `parse_mark`.
    """
    claims = _claims(trust_mark_type, issuer, subject, iat, exp, ref)
    more = {"jti": id, "logo_uri": logo_uri, "delegation": delegation}
    claims |= {name: value for name, value in more.items() if value is not None}
    claims |= {} if scope is None else scope.to_claims()
    token = sign_compact(claims, signer, typ=MARK_TYP)
    parse_mark(token)
    return token


def sign_delegation(
    *,
    trust_mark_type: str,
    owner: str,
    issuer: str,
    signer: Signer,
    iat: datetime,
    exp: datetime | None = None,
    ref: str | None = None,
) -> str:
    """The token by which `owner` lets `issuer` issue marks of a type; `signer` has a federation key of the owner."""
    token = sign_compact(_claims(trust_mark_type, owner, issuer, iat, exp, ref), signer, typ=DELEGATION_TYP)
    parse_delegation(token)
    return token


def check_mark_type(value: object) -> str:
    """`value` itself when it can name a type of marks: a URI, best an https URL of who owns it."""
    if not isinstance(value, str) or len(value) > MAX_TYPE_CHARACTERS or not _TYPE.match(value):
        raise StatementRefused(
            "not a type of trust marks", rule="trust_mark_type", found=shown(value), expected="a URI, best an https URL"
        )
    return value


class _Common(NamedTuple):
    """What marks and delegations have alike."""

    trust_mark_type: str
    iss: str
    sub: str
    iat: datetime
    exp: datetime | None
    ref: str | None
    kid: str


def _read(token: str, typ: str, *, max_bytes: int) -> tuple[_Common, JsonObject]:
    with refusing("not_a_jws"):
        jws = parse_compact(token, max_bytes=max_bytes)
        claims, header = jws.claims, jws.header
    if header.get("typ") != typ:
        raise StatementRefused("a JWS of another type", rule="typ", found=shown(header.get("typ")), expected=typ)
    if header.get("alg") not in ALGORITHMS:
        raise StatementRefused(
            "an algorithm that is not accepted", rule="alg", found=shown(header.get("alg")), expected="EdDSA or ES256"
        )
    with refusing("kid_missing"):
        kid = jws.kid
    for name in ("iss", "sub", "iat", "trust_mark_type"):
        if claims.get(name) is None:
            raise StatementRefused("a required claim is missing", rule="claim_missing", found=f"no {name}")
    iat, exp = from_seconds(claims["iat"], claim="iat"), None
    if "exp" in claims:
        exp = from_seconds(claims["exp"], claim="exp")
        if exp <= iat:
            raise StatementRefused("expires before it was issued", rule="exp_invalid", expected="exp after iat")
    common = _Common(
        trust_mark_type=check_mark_type(claims["trust_mark_type"]),
        iss=check_entity_id(claims["iss"]),
        sub=check_entity_id(claims["sub"]),
        iat=iat,
        exp=exp,
        ref=_url(claims, "ref"),
        kid=kid,
    )
    return common, claims


def _url(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if name in claims and (not isinstance(value, str) or not _URL.match(value)):
        raise StatementRefused(f"{name} is no address", rule=name, found=shown(value), expected="an https URL")
    return value


def _claims(
    trust_mark_type: str, iss: str, sub: str, iat: datetime, exp: datetime | None, ref: str | None
) -> JsonObject:
    claims: JsonObject = {"trust_mark_type": trust_mark_type, "iss": iss, "sub": sub, "iat": to_seconds(iat)}
    if exp is not None:
        claims["exp"] = to_seconds(exp)
    if ref is not None:
        claims["ref"] = ref
    return claims


def _verify(token: str, kid: str, jwks: Mapping[str, PublicKey], *, prefix: str, max_bytes: int) -> None:
    key = jwks.get(kid)
    if key is None:
        raise StatementRefused(
            "signed with a key that its issuer does not have",
            rule=f"{prefix}kid_unknown",
            found=kid[:80],
            expected=f"one of {len(jwks)} keys",
        )
    try:
        parse_compact(token, max_bytes=max_bytes).verify(key)
    except EnvelopeError as error:
        raise StatementRefused(error.detail, rule=f"{prefix}signature") from error
