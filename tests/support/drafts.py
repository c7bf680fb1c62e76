"""Badges that are still to be issued."""

import copy
from typing import Any

from tests.support.whole_badge import whole_badge

GIVEN = ("id", "issuer", "validFrom", "validUntil", "credentialStatus", "@context", "type")


def draft(**changes: Any) -> dict[str, Any]:
    """The whole badge without what its node and wallet give it, with `changes` of its outermost members."""
    made = copy.deepcopy(whole_badge())
    for name in GIVEN:
        del made[name]
    del made["credentialSubject"]["id"]
    return {**made, **changes}
