"""A learner record of the college with two signed badges in it, unsigned itself."""

from typing import Any

from protocols.credentials.clr import Association, clr_credential
from tests.support.badges import COLLEGE, LEARNER, SIGNED, badge, signed

FIRST, SECOND = "https://college.example/credentials/1", "https://college.example/credentials/2"
RECORD_ID = "urn:uuid:0e6e9f0a-6a3f-4a94-8c1e-1f2b7f0f8a01"


def child_of(source: str, target: str, type: str = "isChildOf") -> Association:
    return Association(association_type=type, source_id=source, target_id=target)


def learner_record(*credentials: Any, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "id": RECORD_ID,
        "name": "Learner record",
        "issuer": {"id": COLLEGE, "type": ["Profile"], "name": "Test College"},
        "subject_did": LEARNER,
        "credentials": credentials or (signed(badge()), signed(badge(id=SECOND))),
        "associations": (child_of(SECOND, FIRST),),
        "valid_from": SIGNED,
        "is_partial": True,
        **changes,
    }
    return clr_credential(**arguments)
