"""The one way in for every message: opened, let in by a list, and stored together with all that follows from it.

A message that was seen before changes nothing. One that is not understood, or not allowed where it came, is thrown
away with a note of why; nobody is told, so that nobody can find out by trying what this wallet has.
"""

from dataclasses import dataclass

from node.demo.wallet.clock import Clock, context
from node.demo.wallet.effects import CredentialRefused, Effects
from node.demo.wallet.errors import Refused, Unreachable
from node.demo.wallet.opening import Opened, Opening
from node.demo.wallet.rows import messages, relations
from node.demo.wallet.rows.messages import Mail
from node.demo.wallet.storage import Store
from protocols.errors import ProtocolError, UnsupportedMessage
from protocols.flow import FlowSpec, Send
from protocols.flows import (
    consent,
    consented_relay,
    coordinate_mediation,
    enrolment,
    issue_credential,
    log_witness,
    present_proof,
    report_problem,
)
from protocols.flows.issue_credential.messages import Abandon
from protocols.registry import Registry

MAX_ATTEMPTS = 20
"""How often an envelope is taken up whose sender's document cannot be had."""

REGISTRY = Registry(
    flow.FLOW
    for flow in (
        consent,
        consented_relay,
        coordinate_mediation,
        enrolment,
        issue_credential,
        log_witness,
        present_proof,
        report_problem,
    )
)
_PROBLEM = (report_problem.FLOW.piuri, "problem-report")
FROM_INSTITUTION = frozenset(
    {
        (enrolment.FLOW.piuri, "enrolled"),
        (coordinate_mediation.FLOW.piuri, "mediate-grant"),
        (coordinate_mediation.FLOW.piuri, "mediate-deny"),
        (coordinate_mediation.FLOW.piuri, "recipient-update-response"),
        (issue_credential.FLOW.piuri, "offer-credential"),
        (issue_credential.FLOW.piuri, "issue-credential"),
        (log_witness.FLOW.piuri, "inclusion"),
        _PROBLEM,
    }
)
FROM_NOBODY = frozenset({(consented_relay.FLOW.piuri, "back")})
FROM_ASKER = frozenset(
    {
        (present_proof.FLOW.piuri, "request-presentation"),
        (present_proof.FLOW.piuri, "ack"),
        (consent.FLOW.piuri, "receipt"),
        _PROBLEM,
    }
)
FROM_EXIT = frozenset({(consented_relay.FLOW.piuri, "answer"), _PROBLEM})


@dataclass(frozen=True, slots=True)
class Inbox:
    store: Store
    opening: Opening
    effects: Effects
    clock: Clock

    async def read_all(self) -> bool:
        """Reads the mail that waits, also what comes to light while reading; whether there was any."""
        after, any_read = 0, False
        while (mail := self._next(after)) is not None:
            any_read |= await self._read(mail)
            after = mail.number
        return any_read

    async def take_reply(self, envelope: bytes, *, entry: str, message: str) -> None:
        """Takes in what came back on the line for the outgoing `message`, which is then done."""
        try:
            opened = await self.opening.open(envelope, entry=entry)
        except ProtocolError as error:
            self._drop(error, None)
            return
        self._store(opened, None, message)

    async def _read(self, mail: Mail) -> bool:
        try:
            opened = await self.opening.open(mail.envelope, entry=mail.entry, subject=mail.subject)
        except Unreachable as error:
            with self.store.step("mail.postponed") as db:
                if not messages.postpone_mail(db, mail.number, most=MAX_ATTEMPTS):
                    messages.drop(db, "sender-unreachable", error.detail, now=self.clock.now())
            return False
        except (ProtocolError, Refused) as error:
            self._drop(error, mail)
            return True
        self._store(opened, mail, None)
        return True

    def _store(self, opened: Opened, mail: Mail | None, message: str | None) -> None:
        now = self.clock.now()
        try:
            spec = admitted(opened)
            with self.store.step(f"inbox.{opened.message.name}") as db:
                if mail is not None:
                    messages.read_mail(db, mail.number)
                if message is not None:
                    messages.done(db, message)
                if messages.remember(db, opened.digest, now=now):
                    self.effects.receive(db, spec, opened, now=now)
        except CredentialRefused as error:
            self._abandon(opened, mail, error)
        except ProtocolError as error:
            self._drop(error, mail)

    def _abandon(self, opened: Opened, mail: Mail | None, error: CredentialRefused) -> None:
        """Tells the institution that what it issued was not kept, and why tells the learner."""
        now, box = self.clock.now(), opened.box
        with self.store.step("credential.refused") as db:
            if mail is not None:
                messages.read_mail(db, mail.number)
            thread = messages.thread(db, box.did, issue_credential.FLOW.piuri, opened.message.thread_id)
            if thread is None or not messages.remember(db, opened.digest, now=now):
                return
            step = issue_credential.FLOW.advance(thread, Abandon(), context(now))
            messages.keep_thread(db, step.thread or thread)
            for effect in step.effects:
                if isinstance(effect, Send):
                    self.effects.perform(db, opened, effect, now=now)
            relations.set_offer(db, box.did, thread.id, "refused", error.detail)

    def _drop(self, error: ProtocolError | Refused, mail: Mail | None) -> None:
        code = error.code if isinstance(error, ProtocolError) else "document"
        with self.store.step("mail.dropped") as db:
            if mail is not None:
                messages.read_mail(db, mail.number)
            messages.drop(db, code, error.detail, now=self.clock.now())

    def _next(self, after: int) -> Mail | None:
        with self.store.read() as db:
            return messages.next_mail(db, after)


def admitted(opened: Opened) -> FlowSpec:
    """The flow of a message that may be said by whoever says it, to where it came; raises UnsupportedMessage."""
    box, message = opened.box, opened.message
    if box.relation is not None:
        allowed = FROM_INSTITUTION
    elif box.is_mailbox:
        allowed = FROM_NOBODY
    elif box.asker is not None and opened.sender == box.asker.asker:
        allowed = FROM_ASKER
    else:
        allowed = FROM_EXIT
    spec = REGISTRY.find(message.type)
    if spec is None or (spec.piuri, message.name) not in allowed:
        raise UnsupportedMessage("nothing that a wallet is told there", found=message.type[:120])
    return spec
