"""Step 6 of the check of a credential: each status entry, from the lists that were synced. Nothing is fetched here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from node.services.status_rows import snapshot_of
from node.storage.repos import status_snapshots
from node.storage.unit import UnitOfWork
from protocols.errors import ProtocolError, TooLarge
from protocols.status.acceptance import Snapshot
from protocols.status.entry import MAX_ENTRIES, StatusEntry, parse_entry
from protocols.status.freshness import FreshnessPolicy
from protocols.status.lookup import status_of, unreadable
from protocols.status.token_status import parse_reference
from protocols.verification.evidence import StatusEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRead:
    """One entry with its answer, and the list that this rests on.

    Args:
        url: what the list is kept under, None where the entry names none that can be read.
        fetched_at: when the content came that was read, None where none did yet.
    """

    evidence: StatusEvidence
    url: str | None = None
    fetched_at: datetime | None = None


async def read_statuses(
    storage: UnitOfWork,
    statuses: Sequence[Mapping[str, Any]],
    issuer: str,
    brought: Mapping[str, Snapshot],
    *,
    now: datetime,
    policy: FreshnessPolicy,
    claim: Any = None,
) -> Sequence[StatusRead]:
    """The answer for each of `statuses`, at most 16 of them, and for `claim`.

    What is over 16 is one "could not tell".

    Args:
        statuses: the `credentialStatus` objects of a credential of `issuer`.
        brought: lists by what they are kept under that were fetched for this verification alone; what is synced
            comes first.
        claim: the `status` claim of the token that the credential came in, None where it has none.
    """
    parses = [partial(parse_entry, status) for status in statuses[:MAX_ENTRIES]]
    if claim is not None:
        parses.append(partial(parse_reference, claim))
    read = [await _read(storage, parse, issuer, brought, now, policy) for parse in parses]
    if len(statuses) > MAX_ENTRIES:
        error = TooLarge("too many status entries", found=str(len(statuses)), expected=f"at most {MAX_ENTRIES}")
        read.append(StatusRead(evidence=StatusEvidence(entry=None, answer=unreadable(error))))
    return read


async def _read(
    storage: UnitOfWork,
    parse: Callable[[], StatusEntry],
    issuer: str,
    brought: Mapping[str, Snapshot],
    now: datetime,
    policy: FreshnessPolicy,
) -> StatusRead:
    try:
        entry = parse()
    except ProtocolError as error:
        return StatusRead(evidence=StatusEvidence(entry=None, answer=unreadable(error)))
    url = entry.key
    row = await storage.read(lambda session: status_snapshots.get(session, url))
    snapshot = snapshot_of(row) or brought.get(url)
    trouble = row.error if row is not None and row.failures else None
    answer = status_of(entry, snapshot, now=now, policy=policy, issuer=issuer, trouble=trouble)
    evidence = StatusEvidence(entry=entry, answer=answer)
    return StatusRead(evidence=evidence, url=url, fetched_at=row.fetched_at if row else None)
