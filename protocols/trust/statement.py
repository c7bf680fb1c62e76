"""Entity statements: what an entity says of itself (configuration) and its superior of it (subordinate statement).

`parse_statement` applies every rule that one statement can be held to alone; what needs the others (who may have
signed it, whose subordinate it is) is chain.py's. Spec: https://openid.net/specs/openid-federation-1_0.html#section-3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust import claims as rules
from protocols.trust.constraints import Constraints
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.times import from_seconds, to_seconds

STATEMENT_TYP = "entity-statement+jwt"
MAX_STATEMENT_BYTES = 64 * 1024
LEEWAY = timedelta(seconds=60)
"""How far ahead of ours another's clock may be. There is none for `exp`: a late statement is a late statement."""
_ALGORITHMS = ("EdDSA", "Ed25519", "ES256")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatement:
    """One parsed statement; nothing in it is to be believed before `verify_with` or `validate_chain`.

    `jwks` are the *subject's* federation keys by kid. `claims` has everything as it came, for what has no field here.
    """

    iss: str
    sub: str
    iat: datetime
    exp: datetime
    jwks: Mapping[str, PublicKey]
    metadata: Mapping[str, Mapping[str, Any]]
    authority_hints: tuple[str, ...]
    membership: Membership | None
    constraints: Constraints | None
    metadata_policy: Mapping[str, Any] | None
    claims: Mapping[str, Any]
    kid: str
    token: str

    @property
    def is_configuration(self) -> bool:
        """Whether the subject speaks of itself."""
        return self.iss == self.sub

    @property
    def organization_name(self) -> str | None:
        """`federation_entity.organization_name` as the *issuer* of this statement gives it."""
        name = self.metadata.get("federation_entity", {}).get("organization_name")
        return name if isinstance(name, str) and name else None

    def verify_with(self, jwks: Mapping[str, PublicKey]) -> None:
        """Returns when a key of `jwks`, the one named by the token's kid, signed this statement.

        Raises:
            StatementRefused: `kid_unknown` or `signature`.
        """
        key = jwks.get(self.kid)
        if key is None:
            raise StatementRefused(
                "signed with a key that the issuer does not have",
                rule="kid_unknown",
                found=self.kid[:80],
                expected=f"one of {len(jwks)} keys of the issuer",
            )
        try:
            parse_compact(self.token, max_bytes=MAX_STATEMENT_BYTES).verify(key)
        except EnvelopeError as error:
            raise StatementRefused(error.detail, rule="signature") from error


def parse_statement(token: str, now: datetime) -> EntityStatement:
    """The statement in `token`, its claims checked and its signature not.

    Raises:
        StatementRefused: `too_large`, `not_a_jws`, `typ`, `alg`, `kid_missing`, `header`, `claim_missing`,
            `entity_id`, `claim_misplaced`, `iat_invalid`, `exp_invalid`, `issued_in_the_future`, `expired`, `crit`,
            `jwks`, `kid_not_unique`, `metadata`, `metadata_null`, `authority_hints`, `trust_anchor_hints`,
            `trust_marks`, `trust_mark_issuers`, `trust_mark_owners`, `constraints`, `metadata_policy`,
            `metadata_policy_crit`, `source_endpoint`, those of `Membership.parse`, `did_mismatch`.

    Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.2.1
    """
    with refusing("not_a_jws"):
        jws = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES)
        claims = jws.claims
    kid = _checked_header(jws)
    rules.check_required(claims)
    iss, sub = check_entity_id(claims["iss"]), check_entity_id(claims["sub"])
    iat, exp = check_times(claims, now)
    rules.check_placement(claims, is_configuration=iss == sub)
    rules.check_crit(claims)
    rules.check_policy_crit(claims)
    rules.check_marks(claims)
    rules.check_source_endpoint(claims)
    rules.entity_ids(claims, "trust_anchor_hints")
    return EntityStatement(
        iss=iss,
        sub=sub,
        iat=iat,
        exp=exp,
        jwks=parse_jwks(claims["jwks"]),
        metadata=rules.metadata_of(claims),
        authority_hints=rules.entity_ids(claims, "authority_hints"),
        membership=_membership(claims, sub),
        constraints=Constraints.parse(claims["constraints"]) if "constraints" in claims else None,
        metadata_policy=rules.policy_of(claims),
        claims=claims,
        kid=kid,
        token=token,
    )


def expiry_of(token: str) -> datetime:
    """`exp` of a statement, whether or not it is past and whoever wrote it; for nothing but looking back."""
    with refusing("not_a_jws"):
        claims = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims
    return from_seconds(claims.get("exp"), claim="exp")


def check_times(claims: JsonObject, now: datetime) -> tuple[datetime, datetime]:
    """`iat` and `exp` of a token, when `now` is between them (with `LEEWAY` before)."""
    iat, exp = (from_seconds(claims[name], claim=name) for name in ("iat", "exp"))
    if iat > now + LEEWAY:
        raise StatementRefused(
            "issued in the future", rule="issued_in_the_future", found=iat.isoformat(), expected=now.isoformat()
        )
    if exp <= now:
        raise StatementRefused("expired", rule="expired", found=exp.isoformat(), expected=f"after {now.isoformat()}")
    if exp <= iat:
        raise StatementRefused("expires before it was issued", rule="exp_invalid", expected="exp after iat")
    return iat, exp


def sign_configuration(
    *,
    entity_id: str,
    signer: Signer,
    jwks: Mapping[str, PublicKey],
    metadata: Mapping[str, JsonObject],
    iat: datetime,
    exp: datetime,
    authority_hints: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
) -> str:
    """The token of an entity configuration, signed by one of `jwks`.

    Args:
        authority_hints: entity ids of the immediate superiors; empty for a top anchor, whose token then has no such
            claim.
        extra: claims that have no argument here (trust_marks, trust_mark_issuers, …).

    Raises:
        ValueError: `signer` is not one of `jwks`.
        StatementRefused: what would be signed would not be accepted by `parse_statement`.
    """
    if jwks.get(signer.kid) != signer.public:
        raise ValueError("an entity configuration is signed by one of its own keys")
    claims: JsonObject = {**(extra or {}), "iss": entity_id, "sub": entity_id, "metadata": dict(metadata)}
    if authority_hints:
        claims["authority_hints"] = list(authority_hints)
    return _sign(claims, signer, jwks, iat, exp)


def sign_subordinate(
    *,
    issuer: str,
    subject: str,
    signer: Signer,
    jwks: Mapping[str, PublicKey],
    metadata: Mapping[str, JsonObject],
    membership: Membership | None,
    iat: datetime,
    exp: datetime,
    extra: Mapping[str, Any] | None = None,
) -> str:
    """The token of a statement by `issuer` about its subordinate `subject`, whose keys are `jwks`.

    A membership that is not in good standing is made critical: the specification has no way to say "suspended", and a
    reader that does not know our claim must then refuse the statement instead of taking its subject for a member.

    Raises:
        StatementRefused: what would be signed would not be accepted by `parse_statement`.
    """
    claims: JsonObject = {**(extra or {}), "iss": issuer, "sub": subject, "metadata": dict(metadata)}
    if membership is not None:
        claims[rules.MEMBERSHIP_CLAIM] = membership.to_json()
        if membership.state_at(iat)[0] != "member":
            claims["crit"] = [rules.MEMBERSHIP_CLAIM]
    return _sign(claims, signer, jwks, iat, exp)


def member_metadata(name: str, did: str) -> dict[str, JsonObject]:
    """The metadata an anchor states of a member: the name it approved and the DID it saw."""
    return {"federation_entity": {"organization_name": name}, "ler_node": {"did": did}}


def _sign(claims: JsonObject, signer: Signer, jwks: Mapping[str, PublicKey], iat: datetime, exp: datetime) -> str:
    dated = {**claims, "iat": to_seconds(iat), "exp": to_seconds(exp), "jwks": to_jwks(jwks)}
    token = sign_compact(dated, signer, typ=STATEMENT_TYP)
    parse_statement(token, iat)
    return token


def _checked_header(jws: CompactJws) -> str:
    """The kid, when typ and alg are right."""
    header = jws.header
    if header.get("typ") != STATEMENT_TYP:
        raise StatementRefused(
            "a JWS of another type", rule="typ", found=shown(header.get("typ")), expected=STATEMENT_TYP
        )
    if header.get("alg") not in _ALGORITHMS:
        raise StatementRefused(
            "an algorithm that is not accepted", rule="alg", found=shown(header.get("alg")), expected="EdDSA or ES256"
        )
    for name in ("trust_chain", "peer_trust_chain"):
        if name in header:
            raise StatementRefused("a header of explicit registration", rule="header", found=name, expected="none")
    with refusing("kid_missing"):
        return jws.kid


def _membership(claims: JsonObject, sub: str) -> Membership | None:
    if rules.MEMBERSHIP_CLAIM not in claims:
        return None
    membership = Membership.parse(claims[rules.MEMBERSHIP_CLAIM])
    if entity_id_of(membership.did) != sub:
        raise StatementRefused(
            "the membership is of a DID on another host", rule="did_mismatch", found=membership.did, expected=sub
        )
    return membership
