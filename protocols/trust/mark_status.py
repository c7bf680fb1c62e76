"""A trust mark's issuer about that mark, as things stand: active, expired, revoked, or not what it signed.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.4.2
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id
from protocols.trust.marks import MAX_MARK_BYTES
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.times import from_seconds, to_seconds

STATUS_TYP = "trust-mark-status-response+jwt"
MAX_STATUS_BYTES = 2 * MAX_MARK_BYTES
"""A response repeats the mark that it is about, in base64."""
REVOKED_AT = "ler_revoked_at"
Status = Literal["active", "expired", "revoked", "invalid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkStatus:
    """The answer of `iss`. `revoked_at`: since when, where the issuer says so; what it accredited before stays true."""

    iss: str
    iat: datetime
    trust_mark: str
    status: Status
    revoked_at: datetime | None = None

    def sign(self, signer: Signer) -> str:
        """The response as a token; `signer` has a federation key of the issuer."""
        claims: JsonObject = {
            "iss": self.iss,
            "iat": to_seconds(self.iat),
            "trust_mark": self.trust_mark,
            "status": self.status,
        }
        if self.revoked_at is not None:
            claims[REVOKED_AT] = to_seconds(self.revoked_at)
        return sign_compact(claims, signer, typ=STATUS_TYP)


def read_status(token: str, *, issuer: str, trust_mark: str, jwks: Mapping[str, PublicKey]) -> MarkStatus:
    """The status that `issuer`, whose federation keys are `jwks`, states of `trust_mark`.

    Raises:
        StatementRefused: `too_large`, `not_a_jws`, `kid_unknown`, `signature`, `iss`, `trust_mark`, `status`,
            `iat_invalid`, `ler_revoked_at_invalid`.
    """
    with refusing("not_a_jws"):
        jws = parse_compact(token, typ=STATUS_TYP, max_bytes=MAX_STATUS_BYTES)
        claims, kid = jws.claims, jws.kid
    if kid not in jwks:
        raise StatementRefused(
            "not a key of the issuer", rule="kid_unknown", found=kid[:80], expected="one of its keys"
        )
    try:
        jws.verify(jwks[kid])
    except EnvelopeError as error:
        raise StatementRefused(error.detail, rule="signature") from error
    if claims.get("iss") != check_entity_id(issuer):
        raise StatementRefused("a status by another", rule="iss", found=shown(claims.get("iss")), expected=issuer)
    if claims.get("trust_mark") != trust_mark:
        raise StatementRefused("a status of another mark", rule="trust_mark", expected="the mark that was asked about")
    status = claims.get("status")
    if status not in get_args(Status):
        raise StatementRefused(
            "not a status of marks", rule="status", found=shown(status), expected=", ".join(get_args(Status))
        )
    since = claims.get(REVOKED_AT)
    return MarkStatus(
        iss=issuer,
        iat=from_seconds(claims.get("iat"), claim="iat"),
        trust_mark=trust_mark,
        status=cast("Status", status),
        revoked_at=None if since is None else from_seconds(since, claim=REVOKED_AT),
    )
