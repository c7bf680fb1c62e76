"""An award as operators see it, whatever became of it."""

from dataclasses import dataclass
from datetime import datetime

from node.storage.repos.issuance import IssuedCredential
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """`document` is the signed credential once there is one; `achievement` a slug, or the URL of one that stands in a
    badge that was awarded whole.

    `state`: waiting (no wallet yet), offered, requested, issued, suspended, revoked. `reason` is of the last change.
    """

    id: str
    learner_id: str
    achievement: str
    state: str
    offered_at: datetime
    issued_at: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    reason: str | None
    document: JsonObject | None


def award_of(row: IssuedCredential) -> Award:
    """The award in a row."""
    return Award(
        id=row.id,
        learner_id=row.learner_id,
        achievement=row.achievement_id,
        state=row.state,
        offered_at=row.offered_at,
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        reason=row.reason,
        document=row.document,
    )
