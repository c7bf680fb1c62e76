"""The trust marks of members: verified as they are synced, asked about at their issuers, and kept when they have ended.

A mark that ended says what its holder was accredited for until then, so a row stays, with the day of its end. A renewed
mark is the same one: what it accredits for and who granted it has not changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from node.clock import Clock
from node.errors import NodeError, Rejected
from node.log import Log
from node.services.mark_rules import good_standing_type, keys_of, published
from node.services.web import Web, at_once
from node.storage.repos import federation, trust_marks
from node.storage.repos import held_marks as rows
from node.storage.repos.held_marks import PeerMark
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.jose.encoding import digest_json
from protocols.jose.jws import parse_compact
from protocols.trust.accreditation import Accreditation
from protocols.trust.entity import did_of
from protocols.trust.mark_status import MarkStatus, read_status
from protocols.trust.marks import TrustMark, parse_mark
from protocols.trust.statement import MAX_STATEMENT_BYTES

ASKED_EVERY = timedelta(hours=1)
AT_ONCE = 8
A_RUN = 256
MAX_KEPT = 256
"""Of one member, ended ones too: a mark more is not looked at, and what it was accredited for stays."""
FORM = "application/x-www-form-urlencoded"
REVOKED, WITHDRAWN, UNKNOWN = "revoked", "withdrawn", "unknown"
_FINAL = (REVOKED, UNKNOWN)
"""What an issuer said of its mark is for it to take back, by granting a new one."""


def keep_marks(session: Session, peer: federation.Peer, now: datetime) -> None:
    """Keeps the marks in a configuration of `peer` that was just verified, and ends those that are no longer good."""
    if peer.configuration_jws is None:
        return
    claims = parse_compact(peer.configuration_jws, max_bytes=MAX_STATEMENT_BYTES).claims
    refused: dict[str, str] = {}
    good: set[str] = set()
    for judged in published(session, claims, peer.entity_id, now):
        if judged.mark is None:
            continue
        id = _id(judged.mark)
        if judged.refused is None:
            good.add(id)
            _keep(session, id, judged.mark, peer.did, now)
        else:
            refused[id] = judged.refused
    for row in rows.of_peer(session, peer.did):
        if row.ended_at is None and row.id not in good:
            row.ended_at, row.ended_because = _end(row, now), refused.get(row.id, WITHDRAWN)
            rows.keep(session, row)


@dataclass(frozen=True, slots=True)
class PeerMarks:
    storage: UnitOfWork
    web: Web
    clock: Clock
    log: Log

    async def ask(self) -> None:
        """The job `marks.ask`: whether issuers still stand by the marks that members publish, hourly.

        Good standing is not asked for: the anchor's statement says the same, sooner.
        """

        def due(session: Session) -> list[tuple[PeerMark, str]]:
            now, network = self.clock.now(), federation.network(session)
            standing = good_standing_type(network.anchor) if network else ""
            before = now - ASKED_EVERY
            waiting = rows.to_ask_about(session, but_for=standing, now=now, asked_before=before, limit=A_RUN)
            return [(row, url) for row in waiting if (url := endpoint(session, row.issuer, "status")) is not None]

        await at_once(AT_ONCE, await self.storage.read(due), self._ask)

    async def list(self) -> Sequence[PeerMark]:
        """Every mark of a member that was ever good, by member."""
        return await self.storage.read(rows.of_peers)

    async def _ask(self, asked: tuple[PeerMark, str]) -> None:
        row, url = asked
        try:
            posted = await self.web.post(url, urlencode({"trust_mark": row.token}).encode(), content_type=FORM)
            if posted.status not in (200, 404):
                raise Rejected("no status of a mark", found=f"HTTP {posted.status}", expected="HTTP 200")
            answer = posted.body.decode("ascii", errors="replace") if posted.status == 200 else None
            await self.storage.run("marks.asked", lambda session: self._keep(session, row, answer))
        except (NodeError, ProtocolError) as error:
            self.log.warning("trust mark not asked about", issuer=row.issuer, detail=error.detail)

    def _keep(self, session: Session, asked: PeerMark, answer: str | None) -> None:
        """`answer` None: the issuer does not know it. `expired` and `invalid` change nothing: we see that ourselves."""
        now, row = self.clock.now(), rows.peer_mark(session, asked.id)
        if row is None or row.ended_at is not None or row.token != asked.token:
            return
        row.asked_at = now
        if answer is None:
            row.ended_at, row.ended_because = now, UNKNOWN
        else:
            status = self._read(session, row, answer, now)
            if status.status == REVOKED:
                row.ended_at, row.ended_because = min(now, status.revoked_at or now), REVOKED
        rows.keep(session, row)
        if row.ended_at is not None:
            federation.found_anew(session, row.did)

    def _read(self, session: Session, row: PeerMark, answer: str, now: datetime) -> MarkStatus:
        keys = keys_of(session, row.issuer, now) or {}
        return read_status(answer.strip(), issuer=row.issuer, trust_mark=row.token, jwks=keys)


def endpoint(session: Session, issuer: str, name: str) -> str | None:
    """Where a member answers for marks of its own: `status`, or "" for the mark itself; None where it does not say."""
    peer = federation.peer(session, did_of(issuer))
    if peer is None or peer.configuration_jws is None:
        return None
    claims = parse_compact(peer.configuration_jws, max_bytes=MAX_STATEMENT_BYTES).claims
    entity = claims.get("metadata", {}).get("federation_entity", {})
    url = entity.get(f"federation_trust_mark_{name}_endpoint" if name else "federation_trust_mark_endpoint")
    return url if isinstance(url, str) and url.startswith("https://") else None


def good_marks(session: Session, did: str, now: datetime) -> Sequence[PeerMark]:
    """The marks of a member that are good as of `now`."""
    return [row for row in rows.of_peer(session, did) if row.ended_at is None and _is_current(row, now)]


def all_good_marks(session: Session, now: datetime) -> Mapping[str, Sequence[PeerMark]]:
    """As `good_marks`, of every member that has any, by DID."""
    found: dict[str, list[PeerMark]] = {}
    for row in rows.of_peers(session):
        if row.ended_at is None and _is_current(row, now):
            found.setdefault(row.did, []).append(row)
    return found


def is_taken_back(session: Session, mark: TrustMark) -> bool:
    """Whether its issuer stands by it no longer: by its answer when it was asked, or by our own grant."""
    row, granted = rows.peer_mark(session, _id(mark)), trust_marks.granted(session, mark.id or "")
    return (row is not None and row.ended_because in _FINAL) or (granted is not None and granted.revoked_at is not None)


def accreditations(session: Session, did: str, now: datetime) -> tuple[Accreditation, ...]:
    """What a member is and was accredited for, by every mark of it that was ever good."""
    found: list[Accreditation] = []
    for row in rows.of_peer(session, did):
        mark = parse_mark(row.token)
        if mark.scope is None:
            continue
        ran_out = row.expires_at if not _is_current(row, now) else None
        owner = mark.delegation.iss if mark.delegation else None
        found.append(
            Accreditation(
                by=row.issuer,
                trust_mark_type=row.trust_mark_type,
                scope=mark.scope,
                owner=owner,
                ended_at=row.ended_at or ran_out,
            )
        )
    return tuple(found)


def _keep(session: Session, id: str, mark: TrustMark, did: str, now: datetime) -> None:
    row = rows.peer_mark(session, id)
    if row is None:
        if len(rows.of_peer(session, did)) >= MAX_KEPT:
            return
        row = PeerMark(
            id=id,
            did=did,
            trust_mark_type=mark.trust_mark_type,
            issuer=mark.iss,
            token=mark.token,
            since=mark.iat,
            seen_at=now,
        )
    elif row.ended_because in _FINAL:
        return
    row.token, row.expires_at, row.seen_at, row.ended_at, row.ended_because = mark.token, mark.exp, now, None, None
    rows.keep(session, row)


def _id(mark: TrustMark) -> str:
    """The same for a mark and its renewals, of which only the dates of the token differ."""
    scope = mark.scope.to_claims() if mark.scope else {}
    return digest_json([mark.trust_mark_type, mark.iss, mark.sub, mark.id or "", scope])


def _end(row: PeerMark, now: datetime) -> datetime:
    """A mark that ran out while nobody looked ended on its own day."""
    return now if row.expires_at is None else min(now, row.expires_at)


def _is_current(row: PeerMark, now: datetime) -> bool:
    return row.expires_at is None or now < row.expires_at
