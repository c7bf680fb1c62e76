"""A trust network of real nodes in one process; only the way between them is played, and can be tampered with."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from node.adapters.fetch import Fetched, Posted
from node.adapters.keystore import Keystore, Sealer
from node.errors import NodeError, NotFound, Rejected, Unreachable
from node.log import create_log
from node.services.achievements import Achievements
from node.services.admission import Admission
from node.services.anchor_statements import AnchorStatements
from node.services.attempts import Attempts
from node.services.custody import CustodyService
from node.services.directory import Directory
from node.services.entity_configuration import OwnConfiguration
from node.services.escrow import Escrow
from node.services.federation import Federation
from node.services.federation_sync import FederationSync
from node.services.held_marks import MEDIA_TYPE, HeldMarks
from node.services.identity import Identity
from node.services.issuance_log import IssuanceLog
from node.services.issuer_metadata import IssuerMetadata
from node.services.mark_delegations import MarkDelegations
from node.services.mark_endorsements import MarkEndorsements
from node.services.mark_types import MarkTypes
from node.services.membership import Decision, Members
from node.services.peer_marks import PeerMarks
from node.services.peer_publications import Publications
from node.services.statements import Statements
from node.services.status_lists import StatusLists
from node.services.successors import Successors
from node.services.trust_documents import TrustDocuments
from node.services.trust_faces import TrustFaces
from node.services.trust_marks import TrustMarks
from node.services.trust_queries import TrustQueries
from node.services.witnessing import Witnessing
from node.services.work import WorkList
from node.storage.unit import Storage
from protocols.didcomm.message import Message
from protocols.errors import ProtocolError
from protocols.jose.encoding import canonical_json, digest
from protocols.trust.entity import did_of
from protocols.trust.membership import EventName
from protocols.trust.network import RolesWanted
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from tests.support.clock import StandingClock
from tests.support.played_mail import PlayedMail
from tests.support.storage import storage_in

NETWORK = "https://network.example"
COLLEGE = "https://college.example"
EMPLOYER = "https://employer.example"
COLLEGE_DID, EMPLOYER_DID, NETWORK_DID = did_of(COLLEGE), did_of(EMPLOYER), did_of(NETWORK)
ISSUES = RolesWanted(issuer=IssuerRegistration(types=("OpenBadgeCredential",)), relay=True)
ASKS = RolesWanted(
    verifier=VerifierRegistration(purposes=("hiring",), claims=("OpenBadgeCredential",), max_retention_days=30)
)
EVERY_S = 60.0


@dataclass
class Node:
    entity_id: str
    storage: Storage
    identity: Identity
    achievements: Achievements
    configuration: OwnConfiguration
    members: Members
    statements: Statements
    admission: Admission
    issuer: IssuerMetadata
    directory: Directory
    faces: TrustFaces
    queries: TrustQueries
    documents: TrustDocuments
    federation: Federation
    federation_sync: FederationSync
    issuance_log: IssuanceLog
    witnessing: Witnessing
    status_lists: StatusLists
    escrow: Escrow
    custody: CustodyService
    successors: Successors
    trust_marks: TrustMarks
    mark_endorsements: MarkEndorsements
    mark_types: MarkTypes
    mark_delegations: MarkDelegations
    held_marks: HeldMarks
    peer_marks: PeerMarks
    log: io.StringIO

    @property
    def did(self) -> str:
        return self.identity.did

    async def decide(self, event: EventName, member: str, **changes) -> None:
        await self.members.decide(member, Decision(event=event, actor="operator", **changes))


Answer = Callable[[str], str | bytes | Exception]
"""Given the honest answer's text, what arrives."""


@dataclass
class Internet:
    """Implements `node.services.web.Web` between the nodes it knows.

    `altered` changes answers by URL prefix; hosts in `silent` refuse connections, those in `hung` never answer.
    `gets` are the URLs fetched so far; `unchanged` how many answers were 304.
    """

    clock: StandingClock = field(default_factory=StandingClock)
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    altered: dict[str, Answer] = field(default_factory=dict[str, Answer])
    silent: set[str] = field(default_factory=set[str])
    hung: set[str] = field(default_factory=set[str])
    gets: list[str] = field(default_factory=list[str])
    unchanged: int = 0
    mail: PlayedMail = field(default_factory=PlayedMail)

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        self.gets.append(url)
        node = await self._reached(url)
        try:
            body, content_type = await _page(node, url)
        except (NodeError, ProtocolError) as error:
            found = f"HTTP {error.status}" if isinstance(error, NodeError) else type(error).__name__
            raise Rejected("the answer says no", found=found) from error
        for prefix, answer in self.altered.items():
            if url.startswith(prefix):
                given = answer(body.decode())
                if isinstance(given, Exception):
                    raise given
                body = given.encode() if isinstance(given, str) else given
        tag = f'"{digest(body)}"'
        assert len(body) <= max_bytes
        if etag == tag:
            self.unchanged += 1
        return Fetched(
            status=304 if etag == tag else 200,
            body=b"" if etag == tag else body,
            etag=tag,
            content_type=content_type,
            final_url=url,
            max_age_s=None,
        )

    async def post(self, url: str, body: bytes, *, content_type: str) -> Posted:
        node, parts = await self._reached(url), urlsplit(url)
        if parts.path == "/federation/custody":
            await node.custody.confirmed(body.decode(), parse_qs(parts.query)["institution"][0])
            return Posted(status=202, body=b"{}", content_type="application/json")
        if parts.path == "/federation/trust_mark_status":
            return await self._mark_status(node, url, body)
        take_in = {
            ("/federation/join", "application/ler-join-application+jwt"): node.admission.apply,
            ("/federation/leave", "application/ler-leave-notice+jwt"): node.admission.leave,
        }[urlsplit(url).path, content_type]
        try:
            record = await take_in(body.decode())
        except (NodeError, ProtocolError) as error:
            answer = {"error": "access_denied", "error_description": error.detail}
            return Posted(status=403, body=canonical_json(answer), content_type="application/json")
        return Posted(status=202, body=canonical_json({"state": record.state}), content_type="application/json")

    async def _mark_status(self, node: Node, url: str, body: bytes) -> Posted:
        content_type = "application/trust-mark-status-response+jwt"
        self.gets.append(url)
        try:
            token = await node.trust_marks.status(parse_qs(body.decode())["trust_mark"][0])
        except NotFound:
            return Posted(status=404, body=b"{}", content_type="application/json")
        for prefix, answer in self.altered.items():
            if url.startswith(prefix):
                token = str(answer(token))
        return Posted(status=200, body=token.encode(), content_type=content_type)

    async def _reached(self, url: str) -> Node:
        origin = f"https://{urlsplit(url).netloc}"
        if origin in self.hung:
            await asyncio.Event().wait()
        if origin in self.silent or origin not in self.nodes:
            raise Unreachable("no connection")
        return self.nodes[origin]

    async def deliver(self, altered: Callable[[Message], Message] = lambda message: message) -> None:
        """All mail between the nodes, until nothing waits; what is for learners stands in `mail.dates`."""
        await self.mail.deliver({node.did: node for node in self.nodes.values()}, altered=altered)

    async def sync(self, *entity_ids: str) -> None:
        """One round at each node, the anchor first; all clocks one minute on."""
        self.clock.advance(timedelta(seconds=2 * EVERY_S))
        for entity_id in entity_ids or tuple(self.nodes):
            await self.nodes[entity_id].federation_sync.run()


async def _page(node: Node, url: str) -> tuple[bytes, str]:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    match parts.path:
        case "/.well-known/openid-federation":
            return (await node.configuration.current()).encode(), "application/entity-statement+jwt"
        case "/.well-known/did.json":
            return canonical_json(node.identity.did_document()), "application/did+json"
        case "/issuer":
            return canonical_json(await node.issuer.document()), "application/ld+json"
        case "/custody/status":
            return (await node.custody.status_list(query["url"])).body, "application/vc"
        case "/federation/custody":
            return canonical_json(await node.custody.published(query["institution"])), "application/json"
        case path if path.startswith("/status/"):
            return (await node.status_lists.get(path.removeprefix("/status/"))).body, "application/vc"
        case "/log/heads":
            return canonical_json(await node.witnessing.heads(query["log"], int(query["after"]))), "application/json"
        case "/federation/list":
            everybody = query.get("ler_membership") == "all"
            return canonical_json(list(await node.statements.entity_ids(everybody=everybody))), "application/json"
        case "/federation/fetch":
            everybody = query.get("ler_membership") == "all"
            statement = await node.statements.about(query["sub"], everybody=everybody)
            return statement.token.encode(), "application/entity-statement+jwt"
        case "/federation/trust_mark":
            return (await node.trust_marks.token(query["trust_mark_type"], query["sub"])).encode(), MEDIA_TYPE
        case path:
            raise NotFound("no such page", found=path)


@asynccontextmanager
async def running(internet: Internet, folder: Path, *entity_ids: str) -> AsyncIterator[list[Node]]:
    """Fresh nodes on `internet`, in no network yet, named by their host: `college.example` is "college"."""
    async with AsyncExitStack() as stack:
        for entity_id in entity_ids:
            node = await _start(internet, folder / urlsplit(entity_id).netloc, entity_id)
            stack.push_async_callback(node.storage.close)
            internet.nodes[entity_id] = node
        yield [internet.nodes[entity_id] for entity_id in entity_ids]


async def _start(internet: Internet, folder: Path, entity_id: str) -> Node:
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    storage, clock, written = storage_in(folder), internet.clock, io.StringIO()
    await storage.start()
    log = create_log("info", "json", written)
    sealer = Sealer([hashlib.sha256(entity_id.encode()).digest()])
    identity = Identity(
        storage=storage,
        keystore=Keystore(sealer),
        clock=clock,
        did=did_of(entity_id),
        base_url=entity_id,
        name=f"The {urlsplit(entity_id).netloc.partition('.')[0]} as it calls itself",
    )
    await identity.create()
    await identity.start()
    configuration = OwnConfiguration(storage, identity, clock)
    members = Members(storage, identity, configuration, clock)
    statements = Statements(storage, configuration, clock)
    achievements = Achievements(storage, identity, clock)
    status_lists = StatusLists(storage, identity, WorkList(), clock)
    issuer = IssuerMetadata(storage, identity, achievements, status_lists)
    directory = Directory(storage, clock)
    issuance_log = IssuanceLog(storage, identity, configuration, directory, internet.mail, clock, log)
    faces = TrustFaces(storage, directory, clock)
    trust_marks = TrustMarks(storage, configuration, status_lists, clock)
    return Node(
        entity_id=entity_id,
        storage=storage,
        identity=identity,
        achievements=achievements,
        configuration=configuration,
        members=members,
        statements=statements,
        admission=Admission(storage, members, configuration, internet, Attempts(clock), clock, log),
        issuer=issuer,
        directory=directory,
        faces=faces,
        queries=TrustQueries(faces, clock),
        documents=TrustDocuments(faces, configuration, clock),
        federation=Federation(storage, identity, configuration, internet, clock),
        federation_sync=FederationSync(
            storage,
            identity,
            members,
            AnchorStatements(configuration, statements, internet, clock, log),
            Publications(identity, configuration, issuer, internet, clock, log),
            EVERY_S,
            clock,
            log,
        ),
        issuance_log=issuance_log,
        witnessing=Witnessing(storage, identity, configuration, directory, internet.mail, internet, clock, log),
        status_lists=status_lists,
        escrow=Escrow(storage, identity, configuration, directory, issuance_log, clock),
        custody=CustodyService(storage, identity, configuration, directory, sealer, clock),
        successors=Successors(storage, configuration, directory, internet, clock, log),
        trust_marks=trust_marks,
        mark_endorsements=MarkEndorsements(storage, identity, status_lists, trust_marks, clock),
        mark_types=MarkTypes(storage, clock),
        mark_delegations=MarkDelegations(storage, configuration, clock),
        held_marks=HeldMarks(storage, configuration, internet, clock, log),
        peer_marks=PeerMarks(storage, internet, clock, log),
        log=written,
    )


async def admit(anchor: Node, node: Node, roles: RolesWanted, *, name: str | None = None) -> None:
    """Invitation, application, approval."""
    invite = await anchor.members.invite()
    await node.federation.join(invite.to_link(), roles)
    await anchor.decide("approved", node.did, name=name)


@asynccontextmanager
async def small_network(folder: Path) -> AsyncIterator[Internet]:
    """The network node as anchor, a college that issues and relays, an employer that asks; all synced once."""
    internet = Internet()
    async with running(internet, folder, NETWORK, COLLEGE, EMPLOYER) as (anchor, college, employer):
        await anchor.members.create("Example Network", actor="operator")
        await admit(anchor, college, ISSUES, name="Example College")
        await admit(anchor, employer, ASKS, name="Example Employer")
        await internet.sync()
        yield internet
