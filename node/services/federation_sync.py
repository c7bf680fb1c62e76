"""The job `federation.sync`: a verified copy of everybody in our network, so that trust is decided without the network.

    what the anchor says         standing; stored at once, whatever the member it is about does (anchor_statements.py)
    what each member publishes   keys, names, skills; stored where it agrees with the above (peer_publications.py)

A statement that takes back events is refused: history is only ever added to. One hung member delays no other.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from node.clock import Clock, jitter
from node.errors import NodeError, Unreachable
from node.log import Log
from node.services.anchor_statements import AnchorStatements, Told
from node.services.identity import Identity
from node.services.membership import Members
from node.services.past_keys import remember
from node.services.peer_marks import keep_marks
from node.services.peer_publications import Publications, Seen
from node.services.web import side_by_side
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.trust.chain import Anchors
from protocols.trust.entity import did_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import EntityStatement

AT_ONCE = 32
SLOW_AT_ONCE = 256
SLOW_AFTER_S = 1.0
PEER_S = 15.0
KEPT_AT_ONCE = 200
"""Statements stored in one transaction: others who write are let in between."""
LONGEST_WAIT_S = 3600.0
LIVING = ("member", "suspended")
"""States in which a member's own host is asked. Who left may have lost its domain: what was seen last is kept."""


@dataclass(frozen=True, slots=True)
class FederationSync:
    """Args: every_s: seconds from one look at a member's publications to the next."""

    storage: UnitOfWork
    identity: Identity
    members: Members
    anchor: AnchorStatements
    publications: Publications
    every_s: float
    clock: Clock
    log: Log

    async def found(self, name: str, *, actor: str, relay: bool = True) -> None:
        """Founds a network with this node as its anchor; it counts at once, as if it had been synced.

        Nothing is fetched: so far the anchor's node is the only member.

        Raises:
            Conflict: this node is in a network already.
        """
        await self.members.create(name, actor=actor, relay=relay)
        await self.run()

    async def run(self) -> None:
        """One round.

        Raises:
            NodeError, ProtocolError: the anchor could not be had or believed. What is known of members is kept, and
                their publications were looked at all the same.
        """

        def known(session: Session) -> tuple[rows.NetworkConfig | None, list[str]]:
            return rows.network(session), [row.entity_id for row in rows.peers(session)]

        network, entity_ids = await self.storage.read(known)
        if network is None:
            return
        failure: NodeError | ProtocolError | None = None
        failed: Collection[str] = ()
        try:
            told = await self.anchor.told(network, entity_ids)
            failed = await self._keep(network.anchor, told)
        except (NodeError, ProtocolError) as error:
            failure = error
        await self._look_at_members(failed)
        if failure is not None:
            raise failure

    async def _keep(self, anchor: str, told: Told) -> Collection[str]:
        """Stores what was told; returns the entities about which nothing could be believed."""
        refused: list[str] = []

        def statements(session: Session, part: Sequence[EntityStatement]) -> list[str]:
            now = self.clock.now()
            return [each.sub for each in part if not self._keep_statement(session, anchor, each, now)]

        def rest(session: Session) -> None:
            now = self.clock.now()
            # The anchor's keys follow one another: each set is signed by a key of the one before.
            rows.change_network(session, anchor, now=now, jwks=to_jwks(told.anchor.jwks))
            for entity_id, detail in told.failed.items():
                row = rows.peer(session, did_of(entity_id)) or _new_peer(entity_id, now)
                row.error = detail
                rows.keep(session, row)
            rows.mark_synced(session, now=now)

        told_now = (told.anchor, *told.statements.values())
        for start in range(0, len(told_now), KEPT_AT_ONCE):
            part = told_now[start : start + KEPT_AT_ONCE]
            refused += await self.storage.run(
                "federation.statements", lambda session, part=part: statements(session, part)
            )
        await self.storage.run("federation.told", rest)
        return (*told.failed, *refused)

    def _keep_statement(self, session: Session, anchor: str, statement: EntityStatement, now: datetime) -> bool:
        row = rows.peer(session, did_of(statement.sub)) or _new_peer(statement.sub, now)
        said = statement.membership
        if row.membership is not None and not (said and said.continues(Membership.parse(row.membership))):
            row.error = "the statement takes back events that were stated before"
            self.log.error("membership history rewritten", entity_id=statement.sub)
            rows.keep(session, row)
            return False
        membership = said.to_json() if said else None
        if row.membership != membership:
            row.membership, row.next_at = membership, now
        if statement.is_configuration and row.configuration_jws != statement.token:
            remember(row, configuration=statement.token)
            row.configuration_jws, row.fetched_at = statement.token, now
            row.next_at = now  # it may state another DID document than the one that is kept
        if not statement.is_configuration:
            row.statement_jws = statement.token
        rows.keep(session, row)
        if row.did == self.identity.did and said is not None:
            rows.change_network(session, anchor, now=now, state=said.state)
        return True

    async def _look_at_members(self, failed: Collection[str]) -> None:
        """The publications of everybody who is due, but those whose standing could not be had this time."""

        def body(session: Session) -> tuple[list[rows.Peer], str, Anchors] | None:
            network = rows.network(session)
            anchor = rows.peer(session, did_of(network.anchor)) if network else None
            if network is None or anchor is None or anchor.configuration_jws is None:
                return None
            due = [row for row in rows.due(session, now=self.clock.now()) if row.entity_id not in failed]
            living = [row for row in due if row.membership and Membership.parse(row.membership).state in LIVING]
            return living, anchor.configuration_jws, {network.anchor: parse_jwks(network.jwks)}

        found = await self.storage.read(body)
        if found is None:
            return
        living, anchor, anchors = found
        living.sort(key=lambda row: row.failures)  # who answered last time has not to wait for who did not
        await side_by_side(
            living,
            lambda row: self._look_at(row, anchor, anchors),
            quick=AT_ONCE,
            slow=SLOW_AT_ONCE,
            slow_after_s=SLOW_AFTER_S,
        )

    async def _look_at(self, row: rows.Peer, anchor: str, anchors: Anchors) -> None:
        try:
            async with asyncio.timeout(PEER_S):
                seen = await self.publications.see(row, anchor=anchor, anchors=anchors)
        except TimeoutError:
            await self._failed(row, Unreachable("no answer in time"))
        except (NodeError, ProtocolError) as error:
            await self._failed(row, error)
        else:
            await self.storage.run("federation.peer", lambda session: self._keep_seen(session, row, seen))

    def _keep_seen(self, session: Session, before: rows.Peer, seen: Seen) -> None:
        row = rows.peer(session, before.did)
        if row is None or row.statement_jws != before.statement_jws:
            return  # another statement came meanwhile; the next round looks again
        now = self.clock.now()
        remember(row, configuration=seen.configuration, document=seen.document)
        row.configuration_jws, row.did_document, row.issuer_metadata = seen.configuration, seen.document, seen.metadata
        row.etags, row.fetched_at, row.failures, row.error = dict(seen.etags), now, 0, None
        row.next_at = now + timedelta(seconds=self.every_s * (1 + 0.2 * jitter()))
        rows.keep(session, row)
        keep_marks(session, row, now)

    async def _failed(self, before: rows.Peer, error: NodeError | ProtocolError) -> None:
        """Later each time. What was seen is kept where a host is silent or behind itself; its keys are dropped where it
        contradicts.
        """
        is_late = isinstance(error, StatementRefused) and error.rule in ("expired", "did_document_digest")

        def body(session: Session) -> None:
            row = rows.peer(session, before.did)
            if row is None:
                return
            row.failures += 1
            row.error = error.detail
            wait_s = min(LONGEST_WAIT_S, self.every_s * 2 ** min(row.failures - 1, 16))
            row.next_at = self.clock.now() + timedelta(seconds=wait_s * (1 + 0.2 * jitter()))
            if isinstance(error, ProtocolError) and not is_late:
                remember(row, document={})
                row.did_document, row.etags = None, {}
            rows.keep(session, row)

        await self.storage.run("federation.peer_failed", body)
        self.log.warning("member not synced", entity_id=before.entity_id, detail=error.detail)


def _new_peer(entity_id: str, now: datetime) -> rows.Peer:
    return rows.Peer(did=did_of(entity_id), entity_id=entity_id, host=urlsplit(entity_id).netloc, next_at=now)
