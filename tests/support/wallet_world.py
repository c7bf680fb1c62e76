"""What a wallet meets outside, made of `protocols` alone: a college, a network's node and an employer on loopback.

    async with World() as world:
        async with world.wallet(folder) as wallet: ...

The college's door answers like a node's (enrolment, mediation, pickup, relay), decided by the flows' own machines.
What an exit and an employer would do by themselves a test does by hand: `world.opened()` is what the exit gets to
read, `world.back(…)` puts an envelope into the learner's mailbox the way an exit does.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from node.demo.wallet import Wallet
from protocols.consent.letters import Return, parse_contact
from protocols.consent.relay import Contact, Middle, parse_middle
from protocols.credentials.open_badges import achievement_credential
from protocols.credentials.proofs import add_proof
from protocols.didcomm.envelope import NeedsDocument, Unpacked, pack_anoncrypt, pack_authcrypt, unpack
from protocols.didcomm.message import Attachment, Message
from protocols.didcomm.problem import problem_report
from protocols.dids.document import DidDocument
from protocols.dids.key import resolve_key
from protocols.dids.methods import resolve_offline
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.dids.peer import resolve_peer4, short_form
from protocols.errors import Unauthorized
from protocols.flow import Context, Received, Send
from protocols.flows.consented_relay.messages import back_message, read_envelope
from protocols.flows.coordinate_mediation.messages import UpdateKeylist
from protocols.flows.issue_credential.messages import CREDENTIAL_FORMAT, read_holder
from protocols.flows.issue_credential.messages import PIURI as ISSUE
from protocols.flows.message_pickup.messages import RemoveMail, SetLive, delivery
from protocols.flows.out_of_band.messages import invitation
from protocols.flows.present_proof.messages import Ask, request_presentation
from protocols.jose.encoding import JsonObject, canonical_json, digest_json, parse_object
from protocols.jose.keys import PrivateKey
from protocols.registry import discover
from protocols.requests.query import PresentationQuery, QueryItem, Skill
from protocols.requests.request import PresentationRequest, Purpose, sign_request
from protocols.trust.directory import Entry, directory_document
from protocols.trust.membership import Membership
from protocols.trust.registration import VerifierRegistration
from protocols.trust.statement import member_metadata
from tests.support.clock import StandingClock
from tests.support.federation import (
    ANCHOR_KEY,
    DAY,
    NOW,
    anchor_configuration,
    key,
    member_configuration,
    membership,
    subordinate,
)
from tests.support.loopback import serving
from tests.support.parties import entropy_of

CODE = "K7QF-9M2X-TT4P"
BUDGETS = Skill(uri="http://data.europa.eu/esco/skill/21c5790c", name="manage budgets")
WRITING = Skill(uri="https://www.onetcenter.org/content/2.A.1.c", name="Writing")
ITEMS = (
    QueryItem(id="budgets", credential_type="OpenBadgeCredential", skill=BUDGETS),
    QueryItem(id="writing", credential_type="OpenBadgeCredential", skill=WRITING, required=False),
)
REGISTRATION = VerifierRegistration(purposes=("hiring",), claims=("OpenBadgeCredential",), max_retention_days=60)
REGISTRY = discover()


async def agree(wallet: Wallet, id: str, items: Collection[str] | None = None) -> str:
    """A learner looks at the screen and says yes; the screen that was agreed to."""
    wallet.show(id, items)
    return await wallet.approve(id, items)


class Ids:
    """Ids that are the same in every run of a test."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self) -> str:
        self._number += 1
        return f"theirs-{self._number}"


new_id = Ids()


@dataclass(frozen=True, kw_only=True)
class Host:
    """A node of the world, as far as it has keys, a document and a place in the network."""

    name: str
    origin: str

    @property
    def did(self) -> str:
        return "did:web:" + self.origin.removeprefix("https://")

    def key(self, purpose: str, crv: str = "Ed25519") -> PrivateKey:
        secret = hashlib.sha256(f"{self.did} {purpose}".encode()).digest()
        return PrivateKey.from_secret(crv, secret, f"{self.did}#{purpose}")

    @property
    def agreement(self) -> PrivateKey:
        return self.key("agree-1", "X25519")

    @property
    def raw(self) -> JsonObject:
        keys = (self.key("auth-1"), self.key("issue-1"), self.agreement)
        methods = [
            {"id": k.kid, "type": "Multikey", "controller": self.did, "publicKeyMultibase": encode_multikey(k.public)}
            for k in keys
        ]
        names = ("authentication", "assertionMethod", "keyAgreement")
        return {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": self.did,
            "alsoKnownAs": [self.origin],
            "verificationMethod": methods,
            **{name: [k.kid] for name, k in zip(names, keys, strict=True)},
            "service": [
                {
                    "id": f"{self.did}#didcomm",
                    "type": "DIDCommMessaging",
                    "serviceEndpoint": {"uri": f"{self.origin}/didcomm", "accept": ["didcomm/v2"], "routingKeys": []},
                }
            ],
        }

    @property
    def document(self) -> DidDocument:
        return parse_document(self.raw, self.did)

    def statements(self, **changes: Any) -> tuple[str, str]:
        """(its configuration, the anchor's statement about it)."""
        federation = key(self.name)
        configuration = member_configuration(
            entity_id=self.origin,
            signer=federation,
            jwks={federation.kid: federation.public},
            metadata={"ler_node": {"did": self.did, "did_document_sha256": digest_json(self.raw)}},
        )
        statement = subordinate(
            subject=self.origin,
            jwks={federation.kid: federation.public},
            metadata=member_metadata(self.name, self.did),
            membership=membership(did=self.did, **changes),
        )
        return configuration, statement


ANCHOR = Host(name="Lakes Credential Network", origin="https://network.example")
COLLEGE = Host(name="Lakeside College", origin="https://college.example")
EMPLOYER = Host(name="Harbour Foods", origin="https://employer.example")
RIVAL = Host(name="Rival Foods", origin="https://rival.example")


def anchor_token() -> str:
    own: Membership = membership(did=ANCHOR.did, issuer=None, verifier=None)
    node = {"did": ANCHOR.did, "did_document_sha256": digest_json(ANCHOR.raw)}
    metadata = {**member_metadata(ANCHOR.name, ANCHOR.did), "ler_node": node}
    return anchor_configuration(metadata=metadata, extra={"ler_membership": own.to_json()})


def chain_of_employer(**changes: Any) -> list[str]:
    """What the employer shows of its membership; `changes` are of the membership."""
    given = {"issuer": None, "verifier": REGISTRATION, "relay": False, **changes}
    return [*EMPLOYER.statements(**given), anchor_token()]


def badge(holder: str, skill: Skill, number: int = 1) -> JsonObject:
    """A badge of the college, signed."""
    made = achievement_credential(
        id=f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        issuer={"id": COLLEGE.did, "type": ["Profile"], "name": COLLEGE.name},
        subject_did=holder,
        achievement={
            "id": f"{COLLEGE.origin}/achievements/{number}",
            "type": ["Achievement"],
            "name": f"Badge in {skill.name}",
            "description": "What was learned.",
            "criteria": {"narrative": "What was shown."},
            "alignment": [{"type": ["Alignment"], "targetUrl": skill.uri, "targetName": skill.name}],
        },
        valid_from=NOW - DAY,
    )
    return add_proof(
        made, suite="eddsa-rdfc-2022", signer=COLLEGE.key("issue-1"), purpose="assertionMethod", created=NOW - DAY
    )


def request_jws(**changes: Any) -> str:
    """The employer's request to one learner."""
    given: dict[str, Any] = {
        "issuer": EMPLOYER.did,
        "id": new_id(),
        "issued_at": NOW - timedelta(minutes=1),
        "expires_at": NOW + 7 * DAY,
        "nonce": "bm9uY2U",
        "purpose": Purpose(code="hiring", text="To fill the position of finance assistant"),
        "retention_days": 30,
        "query": PresentationQuery(items=ITEMS),
        "trust_chain": tuple(chain_of_employer()),
        **changes,
    }
    return sign_request(PresentationRequest(**given), EMPLOYER.key("issue-1"))


@dataclass
class World:
    """`relayed` is what the entry was given to pass on: (next, middle), each message once. `requests`: every path."""

    clock: StandingClock = field(default_factory=lambda: StandingClock(NOW))
    keylist: list[str] = field(default_factory=list)
    mail: dict[str, bytes] = field(default_factory=dict)
    relayed: list[tuple[str, JsonObject]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[str, bytes | None] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    owner: DidDocument | None = None
    code: str = CODE
    refuses: set[str] = field(default_factory=set)
    down: bool = False
    lines: list[web.WebSocketResponse] = field(default_factory=list)
    invitation_chain: list[str] = field(default_factory=chain_of_employer)
    members: tuple[Host, ...] = (ANCHOR, COLLEGE)
    origins: dict[str, str] = field(default_factory=dict)
    _ends: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> "World":
        for host in (ANCHOR, COLLEGE, EMPLOYER, RIVAL):
            routes = [
                ("GET", "/didcomm/ws", self._line),
                ("GET", "/{path:.*}", self._getter(host)),
                ("POST", "/didcomm", self._post),
            ]
            self.origins[host.origin] = await self._ends.enter_async_context(serving(*routes))
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._ends.aclose()

    @contextlib.asynccontextmanager
    async def wallet(self, folder: Path, **options: Any) -> AsyncIterator[Wallet]:
        async with Wallet.open(folder, origins=self.origins, clock=self.clock, **options) as wallet:
            yield wallet

    @property
    def enrol_link(self) -> str:
        return f"{COLLEGE.origin}/i/enrol"

    @property
    def ask_link(self) -> str:
        return f"{EMPLOYER.origin}/i/ask?iuv=1"

    def context(self) -> Context:
        return Context(now=self.clock.now(), entropy=entropy_of("world"), new_id=new_id)

    # what the exit and the employer do, by hand

    def opened(self, index: int = -1) -> tuple[Middle, JsonObject | None]:
        """What the exit reads in the message relayed last (or at `index`): the middle, and the sealed part."""
        _, middle = self.relayed[index]
        kids = {ANCHOR.agreement.kid: ANCHOR.agreement}
        message = unpack(canonical_json(middle), secrets=kids, documents={}, now=self.clock.now()).message
        return parse_middle(message.body), read_envelope(message) if message.attachments else None

    def middles(self) -> list[Middle]:
        return [self.opened(index)[0] for index in range(len(self.relayed))]

    def inner(self, sealed: JsonObject, subject: DidDocument) -> Unpacked:
        """What the employer reads in a sealed part."""
        keys, documents = {EMPLOYER.agreement.kid: EMPLOYER.agreement}, {subject.id: subject}
        return unpack(canonical_json(sealed), secrets=keys, documents=documents, now=self.clock.now())

    def back(
        self, message: Message, *, by: Host, subject: DidDocument, way: Return, sealed_by: PrivateKey | None = None
    ) -> str:
        """Puts `message` from `by` to a per-asker DID into the learner's mailbox; the id it is delivered under."""
        sender = replace(message, sender=by.did, to=(subject.id,))
        packed = pack_authcrypt(
            sender,
            sender=sealed_by or by.agreement,
            recipients=subject.keys_for("keyAgreement", "X25519"),
            entropy=entropy_of(new_id()),
        )
        return self.wrap(parse_object(packed), way.mailbox)

    def wrap(self, envelope: JsonObject, mailbox: str) -> str:
        """An envelope, wrapped for a mailbox key and left there."""
        now = self.clock.now()
        message = back_message(envelope, id=new_id(), mailbox=mailbox, now=now, expires_at=now + DAY)
        keys = resolve_key(mailbox).keys_for("keyAgreement", "X25519")
        return self.deposit(pack_anoncrypt(message, recipients=keys, entropy=entropy_of(new_id())))

    def deposit(self, envelope: bytes) -> str:
        id = new_id()
        self.mail[id] = envelope
        return id

    def to_learner(self, message: Message) -> str:
        """A message of the college's own, for the learner's mediation DID."""
        return self.deposit(self._packed(replace(message, sender=COLLEGE.did, to=(self._owner.id,))))

    def ask(self, jws: str, *, subject: DidDocument, way: Return, by: Host = EMPLOYER, **changes: Any) -> str:
        """The employer's request, on its way; the id of its thread."""
        thread_id = new_id()
        command = Ask(thread_id=thread_id, ours=by.did, theirs=subject.id, request=jws, expires_at=NOW + 7 * DAY)
        message = request_presentation(command, id=new_id(), now=self.clock.now())
        self.back(replace(message, **changes), by=by, subject=subject, way=way)
        return thread_id

    def subject(self) -> tuple[DidDocument, Return]:
        """The per-asker DID and the way back of the contact made last, as the exit knows them."""
        found = [middle for middle in self.middles() if isinstance(middle.said, Contact)][-1]
        assert found.way_back is not None
        return resolve_peer4(parse_contact(found.said.letter).subject, as_short=True), found.way_back

    def offer(self, skill: Skill) -> str:
        """An offer of a badge, on its way; the id of its thread."""
        thread_id = new_id()
        body = {"credential_preview": {"achievement": {"name": f"Badge in {skill.name}"}}, "comment": "Well done"}
        type_ = f"{ISSUE}/offer-credential"
        self.to_learner(Message(id=new_id(), thid=thread_id, type=type_, created_time=self.clock.now(), body=body))
        return thread_id

    def issue(self, thread_id: str, credential: JsonObject, **headers: Any) -> None:
        """The credential asked for in that thread, on its way."""
        attached = Attachment(id="credential", format=CREDENTIAL_FORMAT, json=credential)
        message = Message(id=new_id(), thid=thread_id, type=f"{ISSUE}/issue-credential", attachments=(attached,))
        self.to_learner(replace(message, created_time=self.clock.now(), **headers))

    async def gives(self, wallet: Wallet, *skills: Skill) -> None:
        """A badge for each skill, offered, asked for, and kept in the wallet."""
        for number, skill in enumerate(skills, start=1):
            thread_id = self.offer(skill)
            await wallet.sync(accept_offers=True)
            self.issue(thread_id, badge(self.holders[thread_id], skill, number))
            await wallet.sync()

    async def asks(self, wallet: Wallet, **changes: Any) -> str:
        """The employer's link is opened, and its request arrives; the request's id in the wallet."""
        await wallet.follow(self.ask_link)
        subject, way = self.subject()
        self.ask(request_jws(**changes), subject=subject, way=way)
        await wallet.sync()
        return wallet.requests()[-1]["id"]

    # the doors

    def _getter(self, host: Host) -> Any:
        async def get(request: web.Request) -> web.Response:
            self.requests.append((host.name, request.path_qs))
            if self.down:
                raise web.HTTPServiceUnavailable
            value = self._published(host, request.path)
            if value is None:
                raise web.HTTPNotFound
            return web.Response(body=canonical_json(value), content_type="application/json")

        return get

    def _published(self, host: Host, path: str) -> JsonObject | None:
        goal = "enrol" if host is COLLEGE else "ask"
        match path:
            case "/.well-known/did.json":
                return host.raw
            case "/federation/directory" if host is COLLEGE:
                return directory_document(anchor_token(), [_entry(member) for member in self.members], NOW)
            case "/i/enrol" | "/i/ask" if path.endswith(goal):
                return {"protocols": {"didcomm": f"{host.origin}{path}/invitation"}}
            case "/i/enrol/invitation":
                return self._invitation("org.w3id.ler-exchange.enrol", COLLEGE)
            case "/i/ask/invitation":
                chain = Attachment(id="asker", json={"trust_chain": self.invitation_chain})
                return self._invitation("org.w3id.ler-exchange.present", host, chain)
            case _:
                return None

    def _invitation(self, goal: str, host: Host, *attachments: Attachment) -> JsonObject:
        return invitation(id="invitation-1", sender=host.did, goal_code=goal, attachments=attachments).to_json()

    async def _post(self, request: web.Request) -> web.Response:
        self.requests.append(("POST", request.path_qs))
        if self.down:
            raise web.HTTPServiceUnavailable
        reply = self._accept(await request.read())
        if reply is None:
            return web.Response(status=202)
        return web.Response(body=reply, content_type="application/didcomm-encrypted+json")

    async def _line(self, request: web.Request) -> web.WebSocketResponse:
        self.requests.append(("WebSocket", request.path_qs))
        if self.down:
            raise web.HTTPServiceUnavailable
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for frame in line:
            if (reply := self._accept(frame.data, line)) is not None:
                await line.send_bytes(reply)
        return line

    async def push(self, id: str) -> None:
        """Delivers a letter of the mailbox on every line that asked for it."""
        message = delivery(messages=[(id, self.mail[id])], id=new_id(), ours=COLLEGE.did, theirs=self._owner.id)
        for line in self.lines:
            if not line.closed:
                await line.send_bytes(self._packed(message))

    async def hang_up(self) -> None:
        lines, self.lines = self.lines, []
        for line in lines:
            await line.close()

    def _accept(self, envelope: bytes, line: web.WebSocketResponse | None = None) -> bytes | None:
        """As a node's inbox: opened, once only, the same answer to the same message."""
        opened = self._open(envelope)
        spec = REGISTRY.find(opened.message.type)
        assert spec is not None
        key = f"{short_form(opened.sender or '')} {opened.message.id}"
        if key in self.seen and opened.message.name not in spec.queries:
            return self.seen[key]
        message = replace(opened.message, sender=short_form(opened.sender or ""))
        facts = self._facts(message, line is not None)
        if message.name in self.refuses:
            refusal = Unauthorized("not now", expected="another day")
            report = problem_report(refusal, about=message, id=new_id(), ours=COLLEGE.did)
            return None if report is None else self._packed(report)
        if message.name == "enrol" and facts["code"]["state"] == "unknown":
            return None  # no to a code, from a node that has no way of saying so yet
        event = Received(message=message, sender=message.sender, ours=COLLEGE.did, facts=facts)
        if message.name in ("request-credential", "ack", "problem-report"):
            self._issuing(message)
            return self.seen.setdefault(key, None)
        step = spec.advance(None, event, self.context())
        if line is not None and any(isinstance(effect, SetLive) for effect in step.effects):
            self.lines.append(line)
        self.seen[key] = self._performed(step.effects)
        return self.seen[key]

    def _open(self, envelope: bytes) -> Unpacked:
        documents: dict[str, DidDocument] = {}
        while True:
            try:
                kids = {COLLEGE.agreement.kid: COLLEGE.agreement}
                opened = unpack(envelope, secrets=kids, documents=documents, now=self.clock.now())
            except NeedsDocument as need:
                found = resolve_offline(need.did)
                assert found is not None
                documents[need.did] = found
                self.owner = resolve_peer4(need.did, as_short=True)
            else:
                return opened

    def _facts(self, message: Message, live_possible: bool) -> Mapping[str, Any]:
        owner = self._owner.id
        waiting = [{"id": id, "envelope": envelope} for id, envelope in self.mail.items()]
        code = "valid" if message.body.get("code") == self.code else "unknown"
        anchor = {"entity_id": ANCHOR.origin, "name": ANCHOR.name, "jwks": _anchor_jwks()}
        return {
            "code": {
                "state": code,
                "learner": "l-1",
                "reference": "S-1004",
                "assurance": "one-time-code",
                "anchors": [anchor],
            },
            "enrolled": True,
            "keylist": [owner, *self.keylist],
            "taken": [],
            "mailbox": {
                "count": len(waiting) - len(set(message.body.get("message_id_list", ())) & self.mail.keys()),
                "total_bytes": 0,
                "oldest": None,
                "newest": None,
                "messages": waiting,
                "live_possible": live_possible,
            },
            "entry": {
                "enrolled": True,
                "suspended": False,
                "sent": 0,
                "limit": 100,
                "sealed_seen": False,
                "next_is_relay": True,
            },
        }

    def _performed(self, effects: tuple[Any, ...]) -> bytes | None:
        reply = None
        for effect in effects:
            match effect:
                case Send(message=message) if message.to == (self._owner.id,):
                    reply = self._packed(message)
                case Send(message=message):
                    self.relayed.append((message.to[0], read_envelope(message)))
                case UpdateKeylist():
                    self.keylist += effect.added
                case RemoveMail():
                    for id in effect.ids:
                        self.mail.pop(id, None)
                case _:
                    pass
        return reply

    def _issuing(self, message: Message) -> None:
        if message.name == "request-credential":
            self.holders[message.thread_id] = read_holder(message)[0]
        else:
            self.holders[f"{message.pthid or message.thread_id} {message.name}"] = str(message.body)

    def _packed(self, message: Message) -> bytes:
        keys = self._owner.keys_for("keyAgreement", "X25519")
        return pack_authcrypt(message, sender=COLLEGE.agreement, recipients=keys, entropy=entropy_of(new_id()))

    @property
    def _owner(self) -> DidDocument:
        assert self.owner is not None, "nobody has written to the college yet"
        return self.owner


def _entry(host: Host) -> Entry:
    if host is ANCHOR:
        return Entry(
            entity_id=host.origin, did=host.did, configuration=anchor_token(), statement=None, did_document=host.raw
        )
    configuration, statement = host.statements()
    return Entry(
        entity_id=host.origin,
        did=host.did,
        configuration=configuration,
        statement=statement,
        did_document=host.raw,
    )


def _anchor_jwks() -> JsonObject:
    public = ANCHOR_KEY.public
    return {"keys": [{**public.to_jwk(), "kid": ANCHOR_KEY.kid, "alg": "EdDSA", "use": "sig"}]}
