"""Where every DIDComm message of a stranger or a friend comes in.

A message goes through one funnel, in this order:

    bytes -> opened and authenticated (documents resolved, no transaction yet)
          -> one transaction: seen before? -> facts, thread, advance, effects, outbox rows, reply
          -> durable -> 2xx, and only then anything is woken or pushed

A message that was seen before ends at the first step of the transaction and gets the same answer as the first time:
at-least-once delivery, effects once.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from node.adapters.did_resolver import Resolver
from node.clock import Clock, entropy, new_id
from node.log import Log
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.performers import Connection, Unit
from node.storage.repos import acquaintances, known_dids
from node.storage.repos import inbox as seen
from node.storage.unit import Session, UnitOfWork
from protocols.didcomm.envelope import NeedsDocument, Unpacked, pack_authcrypt, unpack
from protocols.didcomm.message import Message
from protocols.didcomm.problem import problem_report
from protocols.dids.did import did_of
from protocols.dids.document import DidDocument
from protocols.dids.peer import is_long_form, short_form
from protocols.errors import EnvelopeError, ProtocolError, UnsupportedMessage
from protocols.flow import FlowSpec, Received
from protocols.registry import Registry

REMEMBERED_FOR = timedelta(days=7)
MAX_RESOLVED = 4
"""DID documents one envelope may make us look up: sender, signer, prior sender, and one to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An envelope, opened: `sender` in the short form we know it by, `ours` the DID it was addressed to."""

    message: Message
    sender: str | None
    ours: str
    documents: dict[str, DidDocument]
    digest: str
    long_form: str | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """Accepts envelopes; what it returns from `accept` is on disk."""

    storage: UnitOfWork
    identity: Identity
    resolver: Resolver
    registry: Registry
    flows: FlowRunner
    clock: Clock
    log: Log

    async def accept(self, data: bytes, connection: Connection | None = None) -> bytes | None:
        """Takes one envelope in; returns the packed answer for the line it came on, if it asked for one.

        Raises:
            ProtocolError: it could not be opened, or is none of ours; nothing was stored.
        """
        opened = await self.open(data)
        spec = self.registry.find(opened.message.type)
        if spec is None:
            refusal = UnsupportedMessage("this node does not speak that protocol", found=opened.message.piuri[:120])
            return await self._refuse(opened, refusal)
        try:
            return await self._step(opened, spec, connection)
        except ProtocolError as error:
            return await self._refuse(opened, error)

    async def open(self, data: bytes) -> Opened:
        """The message in an envelope, authenticated; looks up the DID documents it takes, outside any transaction.

        One that does not open with the documents as kept is tried once more with fresh ones: keys are rotated.
        """
        documents: dict[str, DidDocument] = {}
        try:
            return await self._unpacked(data, documents)
        except EnvelopeError:
            fresh = {did: await self.resolver.refresh(did) for did in documents}
            if fresh == documents:
                raise
            return await self._unpacked(data, fresh)

    async def _unpacked(self, data: bytes, documents: dict[str, DidDocument]) -> Opened:
        for _ in range(MAX_RESOLVED):
            try:
                unpacked = unpack(data, secrets=self.identity.agreements(), documents=documents, now=self.clock.now())
                return _opened(data, unpacked, documents)
            except NeedsDocument as need:
                if need.did in documents:
                    break
                documents[need.did] = await self.resolver.resolve(need.did)
        raise EnvelopeError("the envelope does not open")

    async def _step(self, opened: Opened, spec: FlowSpec, connection: Connection | None) -> bytes | None:
        is_query = opened.message.name in spec.queries

        def body(session: Session) -> tuple[bytes | None, Sequence[Callable[[], None]]]:
            now = self.clock.now()
            if not is_query and not seen.remember(session, opened.digest, now=now, expires_at=now + REMEMBERED_FOR):
                return seen.reply_of(session, opened.digest), ()
            if opened.long_form is not None and opened.sender is not None:
                known_dids.learn(session, opened.sender, long_form=opened.long_form, now=now)
            unit = Unit(
                session=session,
                now=now,
                ours=opened.ours,
                sender=opened.sender,
                received=opened.message,
                connection=connection,
                is_stranger=self._is_stranger(session, opened),
            )
            event = Received(message=opened.message, sender=opened.sender, ours=opened.ours)
            self.flows.receive(unit, spec, event)
            reply = self._packed(unit.replies[0], opened) if unit.replies else None
            if reply is not None and not is_query:
                seen.keep_reply(session, opened.digest, reply)
            return reply, unit.after_commit

        name = f"inbox.{spec.piuri.rsplit('/', 2)[-2]}.{opened.message.name}"
        reply, after_commit = await self.storage.run(name, body)
        self.log.info("message accepted", type=opened.message.type, id=opened.message.id)
        for call in after_commit:
            call()
        return reply

    async def _refuse(self, opened: Opened, error: ProtocolError) -> bytes | None:
        """A problem report to whoever is known to have asked; strangers learn nothing."""
        self.log.info("message refused", type=opened.message.type, id=opened.message.id, code=error.code)
        if opened.sender is None:
            return None
        report = problem_report(error, about=opened.message, id=new_id(), ours=opened.ours)
        if report is None:
            return None
        if opened.message.return_route in ("all", "thread"):
            return self._packed(report, opened)

        def body(session: Session) -> None:
            self.flows.outbox.enqueue(
                session, report, now=self.clock.now(), is_stranger=self._is_stranger(session, opened)
            )

        await self.storage.run("inbox.refused", body)
        return None

    def _is_stranger(self, session: Session, opened: Opened) -> bool:
        return opened.sender is not None and not acquaintances.knows(session, opened.sender)

    def _packed(self, message: Message, opened: Opened) -> bytes | None:
        """`message` for the sender of `opened`, whose document was needed to open it and so is at hand.

        None where it names no key to encrypt for: a sender may sign only, and then gets no answer on the line.
        """
        document = next(document for did, document in opened.documents.items() if short_form(did) == opened.sender)
        recipients = document.recipients("X25519", self.clock.now())
        if not recipients:
            return None
        sender = self.identity.agreement_of(opened.ours)
        return pack_authcrypt(message, sender=sender, recipients=recipients, entropy=entropy)


def _opened(data: bytes, unpacked: Unpacked, documents: dict[str, DidDocument]) -> Opened:
    message = unpacked.message
    if unpacked.recipient_kid is None:
        raise EnvelopeError("the envelope does not open")  # plaintext and merely signed messages are not taken in
    if unpacked.sender_kid is None and not unpacked.addressed:
        raise EnvelopeError("the envelope does not open")  # signed for somebody else, and sealed again for us
    sender = short_form(unpacked.sender) if unpacked.sender else None
    ours = did_of(unpacked.recipient_kid)
    who = sender or hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256("\n".join((who, ours, message.id)).encode()).hexdigest()
    return Opened(
        message=message if sender is None else replace(message, sender=sender),
        sender=sender,
        ours=ours,
        documents=documents,
        digest=digest,
        long_form=unpacked.sender if unpacked.sender and is_long_form(unpacked.sender) else None,
    )
