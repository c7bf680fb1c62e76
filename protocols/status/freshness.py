"""How far a list that was fetched some time ago can be relied on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_TTL_S = 366 * 24 * 3600
"""A year: whatever longer an issuer hints at is read as this, since numbers without end fit into no table."""


class Freshness(StrEnum):
    """Fresh: as good as new. Stale: usable, and the report says how old. Unknown: too old to conclude from."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessPolicy:
    """Ages in seconds: up to `fresh_s` a list is fresh, up to `usable_s` it is stale."""

    fresh_s: int
    usable_s: int


def judge(fetched_at: datetime, ttl_s: float | None, now: datetime, policy: FreshnessPolicy) -> Freshness:
    """How far a status list can be relied on at `now`.

    The issuer's ttl can only shorten what our policy calls fresh, never lengthen it: a list is read by people whom a
    revoked credential may harm, not by its issuer.

    Args:
        fetched_at: when its bytes arrived here (or were confirmed unchanged), not when they were signed.
        ttl_s: the issuer's hint in seconds, None where it gave none.

    Raises:
        ValueError: `now` is before `fetched_at`: a clock of ours went backwards.

    Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential (ttl)
    """
    age_s = (now - fetched_at).total_seconds()
    if age_s < 0:
        raise ValueError("a list from the future")
    if age_s <= (policy.fresh_s if ttl_s is None else min(policy.fresh_s, ttl_s)):
        return Freshness.FRESH
    return Freshness.STALE if age_s <= policy.usable_s else Freshness.UNKNOWN
