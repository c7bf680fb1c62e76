"""The same badges for another key: a person's wallet was lost, and what they had is issued anew to the next one.

begin      the next wallet was bound: an award in the place of each credential that still holds
finish     that award was issued: its predecessor's suspension and message are its own now, its predecessor is revoked
cancel     the predecessor was revoked meanwhile: its successor must not be issued
take_back  the wallet was lost before it had what it was offered: it waits for the next
"""

from dataclasses import dataclass

from node.clock import new_id
from node.services.flows import FlowRunner
from node.services.performers import Unit
from node.services.status_lists import REVOCATION, SUSPENSION, StatusLists
from node.storage.repos import issuance as rows
from node.storage.repos import threads
from node.storage.unit import Session
from protocols.flows.issue_credential.messages import PIURI, Abandon

REASON = "reissued to a new key"
_OPEN = (rows.WAITING, rows.OFFERED, rows.REQUESTED)


@dataclass(frozen=True, slots=True)
class Reissuing:
    """In-transaction operations on awards that take the place of others."""

    status_lists: StatusLists
    flows: FlowRunner

    def begin(self, unit: Unit, learner_id: str) -> None:
        """An award like each credential of the person that is neither revoked nor expired; once for each."""
        under_way = {rows.predecessor_of(row) for row in rows.of_learner(unit.session, learner_id, *_OPEN)}
        for old in rows.of_learner(unit.session, learner_id, rows.ISSUED, rows.SUSPENDED):
            if old.id in under_way or (old.valid_until is not None and old.valid_until <= unit.now):
                continue
            rows.add(
                unit.session,
                new_id(),
                learner_id,
                old.achievement_id,
                thread_id=new_id(),
                valid_until=old.valid_until,
                now=unit.now,
                draft=rows.draft_of(old),
                replaces=old.id,
            )

    def finish(self, unit: Unit, new: rows.IssuedCredential) -> None:
        """`new` was issued: what was said of its predecessor is said of it, and the predecessor ends."""
        session, predecessor = unit.session, rows.predecessor_of(new)
        old = None if predecessor is None else rows.find(session, predecessor)
        if old is None:
            return
        if old.state == rows.SUSPENDED:
            rows.suspended(session, new, old.reason or REASON)
            self.status_lists.set(session, new.id, SUSPENSION, True, now=unit.now)
        message = self.status_lists.message(session, old.id)
        if message is not None and message in self.status_lists.messages:
            self.status_lists.say(session, new.id, message, now=unit.now)
        rows.revoked(session, old, REASON, now=unit.now)
        self.status_lists.set(session, old.id, REVOCATION, True, now=unit.now)

    def cancel(self, unit: Unit, old: rows.IssuedCredential) -> None:
        """`old` was revoked: an award in its place that was not issued yet is revoked with it."""
        for row in rows.of_learner(unit.session, old.learner_id, *_OPEN):
            if rows.predecessor_of(row) != old.id:
                continue
            rows.revoked(unit.session, row, old.reason or REASON, now=unit.now)
            thread_id = row.thread_id or ""
            if threads.load(unit.session, PIURI, unit.ours, thread_id) is not None:
                self.flows.command(unit, PIURI, thread_id, Abandon())

    def take_back(self, session: Session, learner_id: str) -> None:
        """What was offered or asked for, and not issued, waits again."""
        for row in rows.of_learner(session, learner_id, rows.OFFERED, rows.REQUESTED):
            rows.taken_back(session, row, new_id())
