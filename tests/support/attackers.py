"""Strangers with a purpose: odd documents, hosts that hang, wallets that relay what they like."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlmodel import col, select

from node.clock import entropy, new_id
from node.demo.wallet.clock import context
from node.demo.wallet.rows import messages
from node.storage.tables.messages import OutboxMessage, WorkItem
from protocols.consent.relay import Middle, Relay
from protocols.didcomm.envelope import pack_anoncrypt, pack_signed
from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument
from protocols.dids.multiformats import encode_multikey
from protocols.dids.peer import create_peer4
from protocols.flows.consented_relay.messages import middle_message, relay_message
from protocols.flows.coordinate_mediation import FLOW as MEDIATION
from protocols.flows.coordinate_mediation.messages import UpdateRecipients
from protocols.jose.encoding import JsonObject, parse_object
from tests.support.learners import Learner
from tests.support.network import Network
from tests.support.nodes import Node, free_places, port_of
from tests.support.strangers import Stranger, anonymous, document_of

PING = "https://didcomm.org/trust-ping/2.0/ping"


def stranger(uri: str | None = None, routing_keys: Sequence[str] = (), *, can_be_written_to: bool = True) -> Stranger:
    """A stranger whose mail goes to `uri`; without a keyAgreement key where they cannot be written to."""
    made = Stranger()
    methods = {"#key-1": made.signing, "#key-2": made.agreeing}
    agreement = ["#key-2"] if can_be_written_to else []
    document: JsonObject = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "verificationMethod": [
            {"id": name, "type": "Multikey", "publicKeyMultibase": encode_multikey(key.public)}
            for name, key in methods.items()
            if name in ("#key-1", *agreement)
        ],
        "authentication": ["#key-1"],
        "keyAgreement": agreement,
    }
    if uri is not None:
        endpoint = {"uri": uri, "accept": ["didcomm/v2"], "routingKeys": list(routing_keys)}
        document["service"] = [{"id": "#didcomm", "type": "DIDCommMessaging", "serviceEndpoint": endpoint}]
    made.long, made.did = create_peer4(document)
    return made


def signed_and_sealed(author: Stranger, message: Message, document: DidDocument) -> bytes:
    """`message` signed by its author, and sealed by nobody in particular for the keys of `document`."""
    signed = pack_signed(message, author.signing.named(f"{author.long}#key-1"))
    return pack_anoncrypt(signed, recipients=document.keys_for("keyAgreement", "X25519"), entropy=entropy)


def ping(author: Stranger, to: str, **changes: Any) -> Message:
    return author.message(to, PING, {"response_requested": True}, **changes)


@dataclass(slots=True)
class Host:
    """A host on loopback: takes what comes, or never answers while it `hangs`. `got` are the sizes in bytes."""

    hangs: bool = False
    got: list[int] = field(default_factory=list)
    url: str = ""
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(len(await request.read()))
        if self.hangs:
            await self._ended.wait()
        return web.Response(status=202)

    def let_go(self) -> None:
        """Answers everybody who waits; who comes later waits again."""
        self._ended.set()
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def served(self) -> AsyncGenerator["Host"]:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/{path:.*}", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        (place,) = free_places(1)
        await web.TCPSite(runner, "127.0.0.1", port_of(place), reuse_address=True).start()
        self.url = f"http://127.0.0.1:{port_of(place)}"
        try:
            yield self
        finally:
            self.let_go()
            await runner.cleanup()
            place.close()


async def waiting_messages(node: Node, to: Stranger) -> list[OutboxMessage]:
    """What stands in a node's outbox for a stranger."""
    return await node.read(
        lambda session: list(session.exec(select(OutboxMessage).where(OutboxMessage.destination == to.did)).all())
    )


async def work(node: Node, kind: str) -> list[WorkItem]:
    """What stands on a node's work list, waiting or given up, the oldest first."""
    query = select(WorkItem).where(WorkItem.kind == kind).order_by(col(WorkItem.created_at))
    return await node.read(lambda session: list(session.exec(query).all()))


async def enrolled(network: Network, institution: Node) -> Learner:
    """Somebody with a wallet and no badges."""
    id, link, code = await network.person(institution)
    folder, wallet = await network.wallet()
    await wallet.enrol(link, code)
    learner = Learner(id=id, institution=institution, folder=folder, wallet=wallet)
    await learner.sync()
    return learner


async def claims_recipient(learner: Learner, recipient: str) -> None:
    """Asks the learner's institution to put any DID into the learner's own keylist."""
    wallet = learner.wallet
    document = await wallet.sharing.documents.of(learner.institution.did)
    now = _now()
    update = UpdateRecipients(ours=learner.mediation_did, theirs=learner.institution.did, add=(recipient,))
    with wallet.store.step("test.claim") as db:
        step = MEDIATION.advance(None, update, context(now))
        assert step.thread is not None
        messages.keep_thread(db, step.thread)
        (sent,) = step.effects
        wallet.sharing.packing.send(db, sent.message, document, wants_reply=True, now=now)
    await wallet.work()


async def relayed(learner: Learner, exit: Node, middle: Middle) -> None:
    """Has the learner's institution carry `middle` to `exit`, sealed as it should be."""
    message = middle_message(middle, None, id=new_id(), exit=exit.did, now=_now())
    await carried(learner, exit.did, parse_object(anonymous(message, await document_of(exit))))


async def carried(learner: Learner, exit: str, envelope: JsonObject) -> None:
    """Asks the learner's institution to carry an envelope, whatever it is, to whoever has the DID `exit`."""
    wallet, institution, now = learner.wallet, learner.institution, _now()
    relay = Relay(next=exit, expires=now + timedelta(hours=1))
    document = await wallet.sharing.documents.of(institution.did)
    message = relay_message(relay, envelope, id=new_id(), ours=learner.mediation_did, entry=institution.did, now=now)
    with wallet.store.step("test.carried") as db:
        wallet.sharing.packing.send(db, message, document, wants_reply=True, now=now)
    await wallet.work()


def events(node: Node, event: str, **fields: Any) -> list[Mapping[str, Any]]:
    """The lines of a node's log that say `event`, with these fields."""
    lines = [line for line in node.lines() if line["event"] == event]
    return [line for line in lines if fields.items() <= line.items()]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
