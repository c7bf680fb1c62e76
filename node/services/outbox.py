"""Everything this node sends to another party by DIDComm, until it is delivered or given up.

A message is enqueued in the transaction that decided it, sealed at rest. One worker claims what is due, at most one
a destination at a time, packs it for whoever the destination's DID document names now, wraps it for each mediator on
the way, and posts it. A failure moves `next_at` in the database; only expiry ends the tries, in a dead letter that
an operator sees.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from node.adapters.did_resolver import Resolver
from node.adapters.keystore import Sealer
from node.adapters.transport import DidcommTransport
from node.clock import Clock, entropy, jitter, new_id
from node.errors import NodeError
from node.log import Log
from node.services.crew import work_off
from node.services.identity import Identity
from node.storage.repos import outbox as rows
from node.storage.unit import OutboxMessage, Session, Storage
from protocols.didcomm.envelope import pack_anoncrypt, pack_authcrypt
from protocols.didcomm.forward import wrap_forward
from protocols.didcomm.message import Message, parse_message
from protocols.dids.did import did_of
from protocols.dids.document import DidDocument, Endpoint, VerificationMethod
from protocols.errors import DidError, ProtocolError
from protocols.jose.encoding import canonical_json, parse_object

LIFETIME = timedelta(days=7)
LEASE = timedelta(seconds=60)
AT_ONCE = 16
STRANGERS_AT_ONCE = 2
STRANGERS_LIFETIME = timedelta(minutes=10)
MAX_WRAPS = 3
"""Routing keys and mediators of one way, together: each wrap writes the envelope in base64 once more."""
REFUSALS = 4
"""Tries before a no is final: a peer may know our keys, or we its document, only as they were a minute ago."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The half that a transaction sees: a message put in here goes out if and only if the transaction commits."""

    sealer: Sealer

    def enqueue(
        self, session: Session, message: Message, *, now: datetime, via: str | None = None, is_stranger: bool = False
    ) -> None:
        """Sends `message` from `message.sender` to `message.to[0]`; anonymously where it names no sender.

        Args:
            via: a mediator's DID, for a recipient whose DID names no service: a mailbox key.
            is_stranger: the recipient is nobody we know. Strangers have slots of their own, few, and not for long, so
                that ten thousand of them hold up nobody else's mail; past their number nothing is kept for them.
        """
        latest = now + (STRANGERS_LIFETIME if is_stranger else LIFETIME)
        expires_at = min(message.expires_time or latest, latest)
        value = {"message": message.to_json(), "via": via}
        rows.enqueue(
            session,
            id=new_id(),
            destination=via or message.to[0],
            message_id=message.id,
            sealed=self.sealer.seal(canonical_json(value), context="outbox"),
            now=now,
            expires_at=expires_at,
            is_stranger=is_stranger,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A packed envelope and where it goes: to a URL, or into a mailbox of this very node under the key `next`."""

    envelope: bytes
    url: str | None
    next: str


@dataclass(slots=True)
class OutboxWorker:
    """The half that touches the network."""

    storage: Storage
    sealer: Sealer
    identity: Identity
    resolver: Resolver
    transport: DidcommTransport
    deposit: Callable[[Session, str, bytes, datetime], None]
    clock: Clock
    log: Log

    async def run(self) -> None:
        """Delivers what is due until cancelled; woken by commits, and by the clock at the latest every second."""
        async with asyncio.TaskGroup() as both:
            for is_stranger, at_once in ((False, AT_ONCE), (True, STRANGERS_AT_ONCE)):
                claim, due = partial(self._claim, is_stranger), self.storage.listen("outbox")
                both.create_task(work_off(claim, self._deliver, due, at_once=at_once))

    async def _claim(self, is_stranger: bool, most: int) -> list[OutboxMessage]:
        def body(session: Session) -> list[OutboxMessage]:
            return rows.claim(session, now=self.clock.now(), lease=LEASE, limit=most, is_stranger=is_stranger)

        return await self.storage.run("outbox.claim", body)

    async def _deliver(self, row: OutboxMessage) -> None:
        try:
            outgoing = await self._pack(row)
            if outgoing.url is not None:
                await self.transport.post(outgoing.url, outgoing.envelope)

            def delivered(session: Session) -> None:
                if outgoing.url is None:
                    self.deposit(session, outgoing.next, outgoing.envelope, row.expires_at)
                rows.delivered(session, row.id)

            await self.storage.run("outbox.delivered", delivered)
        except ProtocolError as error:  # of this message or of its recipient's document: no fault of the way there
            await self._failed(row, error.detail, is_no=True)
        except NodeError as error:
            await self._failed(row, error.detail, is_no=not error.retryable)
        except Exception as fault:  # one message that we cannot handle must not hold up the others
            self.log.error("delivery broke", message_id=row.message_id, exc_info=fault)
            await self._failed(row, type(fault).__name__, is_no=False)

    async def _failed(self, row: OutboxMessage, detail: str, *, is_no: bool) -> None:
        """A no may come of keys that were just rotated: the message alone waits, and is packed anew a few times."""
        permanent = is_no and row.attempts + 1 >= REFUSALS

        def body(session: Session) -> None:
            now = self.clock.now()
            rows.failed(session, row.id, now=now, jitter=jitter(), error=detail, permanent=permanent, alone=is_no)

        await self.storage.run("outbox.failed", body)
        self.log.warning("delivery failed", message_id=row.message_id, attempts=row.attempts + 1, permanent=permanent)

    async def _pack(self, row: OutboxMessage) -> Outgoing:
        value = parse_object(self.sealer.open(row.sealed or b"", context="outbox"))
        message = parse_message(value["message"])
        recipient = await self.resolver.resolve(message.to[0])
        keys = self._keys(recipient)
        if message.sender is None:
            envelope = pack_anoncrypt(message, recipients=keys, entropy=entropy)
        else:
            sender = self.identity.agreement_of(message.sender)
            envelope = pack_authcrypt(message, sender=sender, recipients=keys, entropy=entropy)
        endpoint = Endpoint(uri=value["via"]) if value["via"] else recipient.didcomm_endpoint
        return await self._route(envelope, recipient.id, endpoint, row.expires_at)

    async def _route(self, envelope: bytes, next: str, endpoint: Endpoint | None, expires_at: datetime) -> Outgoing:
        """Wraps for each routing key and each mediator, innermost first (DIDComm v2.1, Routing)."""
        wraps = 0
        while True:
            if endpoint is None:
                raise DidError("the recipient has no DIDComm service", expected="a DIDCommMessaging endpoint")
            wraps += len(endpoint.routing_keys) + endpoint.uri.startswith("did:")
            if wraps > MAX_WRAPS:
                raise DidError("too many mediators on the way", found=f"{wraps} wraps", expected=f"at most {MAX_WRAPS}")
            for kid in reversed(endpoint.routing_keys):
                keys = self._keys(await self.resolver.resolve(did_of(kid)))
                envelope, next = self._wrap(envelope, next, keys, expires_at), kid
            if not endpoint.uri.startswith("did:"):
                return Outgoing(envelope=envelope, url=endpoint.uri, next=next)
            if self.identity.is_ours(endpoint.uri):
                return Outgoing(envelope=envelope, url=None, next=next)
            mediator = await self.resolver.resolve(endpoint.uri)
            envelope, next = self._wrap(envelope, next, self._keys(mediator), expires_at), mediator.id
            endpoint = mediator.didcomm_endpoint

    def _wrap(self, envelope: bytes, next: str, keys: tuple[VerificationMethod, ...], expires_at: datetime) -> bytes:
        return wrap_forward(envelope, next=next, keys=keys, id=new_id(), entropy=entropy, expires=expires_at)

    def _keys(self, document: DidDocument) -> tuple[VerificationMethod, ...]:
        keys = document.recipients("X25519", self.clock.now())
        if not keys:
            raise DidError("the recipient has no key to encrypt for", expected="an X25519 keyAgreement key")
        return keys
