"""How a member leaves its network: a notice that its DID signs. The anchor writes it down; it has nothing to decide."""

from dataclasses import dataclass
from datetime import datetime

from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import Signer
from protocols.trust.did_request import MAX_REQUEST_BYTES
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.membership import MAX_REASON_CHARACTERS
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.times import format_instant, from_seconds, parse_instant, to_seconds

NOTICE_TYP = "ler-leave-notice+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveNotice:
    """A notice to `anchor`; to be believed only after `check_request`.

    Args:
        since: when the membership that it ends was last applied for: an old notice ends no later one.
    """

    anchor: str
    did: str
    since: datetime
    iat: datetime
    reason: str | None = None
    kid: str = ""
    token: str = ""

    @property
    def entity_id(self) -> str:
        return entity_id_of(self.did)

    def sign(self, signer: Signer) -> str:
        """The JWS of this notice; `signer` has a key of the DID's authentication relationship."""
        claims: JsonObject = {
            "aud": self.anchor,
            "iss": self.entity_id,
            "did": self.did,
            "since": format_instant(self.since),
            "iat": to_seconds(self.iat),
        }
        if self.reason is not None:
            claims["reason"] = self.reason
        return sign_compact(claims, signer, typ=NOTICE_TYP)

    @staticmethod
    def parse(token: str) -> "LeaveNotice":
        """The notice in `token`, its form checked and its signature not.

        Raises:
            StatementRefused: `too_large`, `not_a_jws`, `entity_id`, `did`, `did_mismatch`, `notice`, `iat_invalid`.
        """
        with refusing("not_a_jws"):
            jws = parse_compact(token, typ=NOTICE_TYP, max_bytes=MAX_REQUEST_BYTES)
            claims, kid = jws.claims, jws.kid
        entity_id, did, reason = check_entity_id(claims.get("iss")), claims.get("did"), claims.get("reason")
        if not isinstance(did, str) or entity_id_of(did) != entity_id:
            raise StatementRefused(
                "a notice for a DID on another host", rule="did_mismatch", found=shown(did), expected=entity_id
            )
        if reason is not None and (not isinstance(reason, str) or len(reason) > MAX_REASON_CHARACTERS):
            raise StatementRefused(
                "a reason that is not a short text",
                rule="notice",
                expected=f"at most {MAX_REASON_CHARACTERS} characters",
            )
        return LeaveNotice(
            anchor=check_entity_id(claims.get("aud")),
            did=did,
            since=parse_instant(claims.get("since"), rule="notice"),
            iat=from_seconds(claims.get("iat"), claim="iat"),
            reason=reason,
            kid=kid,
            token=token,
        )
