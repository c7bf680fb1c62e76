"""A status list between its row and what the rules read, and what operators see of it."""

import gzip
from dataclasses import dataclass
from datetime import datetime

from node.storage.repos import status_snapshots as rows
from protocols.status.acceptance import Snapshot
from protocols.status.entry import Form
from protocols.status.freshness import Freshness, FreshnessPolicy, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedList:
    """A list as operators see it; see the table `status_snapshot`."""

    url: str
    issuer: str | None
    freshness: Freshness
    fetched_at: datetime | None
    checked_at: datetime | None
    next_at: datetime
    failures: int
    error: str | None


def snapshot_of(row: rows.StatusSnapshot | None) -> Snapshot | None:
    """The list as the rules read it; None where it never came."""
    if row is None or row.document is None or row.snapshot is None:
        return None
    value = row.snapshot
    return Snapshot(
        url=row.url,
        issuer=value["issuer"],
        purposes=tuple(value["purposes"]),
        compressed=row.bits or b"",
        fetched_at=row.checked_at or row.fetched_at or datetime.fromisoformat(value["fetched_at"]),
        valid_from=_time(value["valid_from"]),
        valid_until=_time(value["valid_until"]),
        made_at=_time(value["made_at"]),
        ttl_s=value["ttl_s"],
        verification_method=value["verification_method"],
        signed_at=_time(value.get("signed_at")),
        cleared_count=value.get("cleared_count", 0),
        form=Form(value.get("form", Form.BITSTRING)),
        size=value.get("size", 1),
    )


def synced_list(row: rows.StatusSnapshot, now: datetime, policy: FreshnessPolicy) -> SyncedList:
    """The list as operators see it."""
    heard_at = row.checked_at or row.fetched_at
    return SyncedList(
        url=row.url,
        issuer=row.issuer,
        freshness=judge(min(heard_at, now), row.ttl_s, now, policy) if heard_at else Freshness.UNKNOWN,
        fetched_at=row.fetched_at,
        checked_at=row.checked_at,
        next_at=row.next_at,
        failures=row.failures,
        error=row.error,
    )


def store_list(row: rows.StatusSnapshot, document: bytes, snapshot: Snapshot) -> None:
    """Writes an accepted list into its row; `snapshot_of` reads it there."""
    row.document = gzip.compress(document, mtime=0)
    row.issuer, row.bits = snapshot.issuer, snapshot.compressed
    row.fetched_at = snapshot.fetched_at
    row.ttl_s = None if snapshot.ttl_s is None else int(snapshot.ttl_s)
    row.valid_until = snapshot.valid_until
    row.snapshot = {
        "issuer": snapshot.issuer,
        "purposes": list(snapshot.purposes),
        "fetched_at": snapshot.fetched_at.isoformat(),
        "valid_from": _text(snapshot.valid_from),
        "valid_until": _text(snapshot.valid_until),
        "made_at": _text(snapshot.made_at),
        "ttl_s": snapshot.ttl_s,
        "verification_method": snapshot.verification_method,
        "signed_at": _text(snapshot.signed_at),
        "cleared_count": snapshot.cleared_count,
        "form": snapshot.form.value,
        "size": snapshot.size,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
