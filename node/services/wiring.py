"""All services of one node: what they are, and how they are made and joined, in one place.

The order below is the order of need: a service gets only what stands above it. Two joints close circles: a wallet
that is bound gets what waits for it, and a status list that changed has its reports made anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from node.adapters.outside import Outside
from node.clock import Clock
from node.log import Log
from node.metrics import Metrics
from node.services.achievement_lint import AchievementLint
from node.services.achievements import Achievements
from node.services.admission import Admission
from node.services.anchor_statements import AnchorStatements
from node.services.apps import Apps
from node.services.attempts import Attempts
from node.services.backpack import Backpack
from node.services.challenges import Challenges
from node.services.credential_evidence import Credentials
from node.services.custody import CustodyService
from node.services.directory import Directory
from node.services.directory_search import DirectorySearch
from node.services.entity_configuration import OwnConfiguration
from node.services.escrow import Escrow
from node.services.exchange import Exchange
from node.services.federation import Federation
from node.services.federation_sync import FederationSync
from node.services.flows import FlowRunner
from node.services.health import Health
from node.services.held_marks import HeldMarks
from node.services.historical_keys import HistoricalKeys
from node.services.identifiers import Identifiers
from node.services.identity import Identity
from node.services.inbox import Inbox
from node.services.invitations import Invitations
from node.services.issuance import SIGN, Issuance
from node.services.issuance_log import IssuanceLog
from node.services.issuer_metadata import IssuerMetadata
from node.services.learners import Learners
from node.services.live import LiveDelivery
from node.services.mailbox import Mailbox
from node.services.mark_delegations import MarkDelegations
from node.services.mark_endorsements import MarkEndorsements
from node.services.mark_types import MarkTypes
from node.services.membership import Members
from node.services.membership_log import MembershipLog
from node.services.outbox import Outbox, OutboxWorker
from node.services.own_history import OwnHistory
from node.services.parts import Parts
from node.services.peer_marks import PeerMarks
from node.services.peer_publications import Publications
from node.services.presentations import VERIFY, Presentations
from node.services.queues import Queues
from node.services.rebinding import Rebinding
from node.services.reissuing import Reissuing
from node.services.relay import Entry, Exit
from node.services.relay_routes import RelayRoutes
from node.services.requests import Requests
from node.services.routing import Routing
from node.services.signature_evidence import Signatures
from node.services.skills import Skills
from node.services.statements import Statements
from node.services.status_lists import PUBLISH, StatusLists
from node.services.status_sync import StatusSync
from node.services.successors import Successors
from node.services.tokens import Tokens
from node.services.trust_documents import TrustDocuments
from node.services.trust_faces import TrustFaces
from node.services.trust_marks import TrustMarks
from node.services.trust_queries import TrustQueries
from node.services.vc_api_issuer import VcApiIssuer
from node.services.vc_api_verifier import VcApiVerifier
from node.services.verification import Verification
from node.services.witnessing import Witnessing
from node.services.work import Perform, WorkList, WorkRunner
from node.settings import Settings
from node.storage.unit import Storage
from protocols.dids.parse import parse_document
from protocols.registry import discover


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What doors, commands, jobs and workers may call."""

    achievement_lint: AchievementLint
    achievements: Achievements
    admission: Admission
    apps: Apps
    backpack: Backpack
    configuration: OwnConfiguration
    custody: CustodyService
    directory: Directory
    escrow: Escrow
    directory_search: DirectorySearch
    federation: Federation
    federation_sync: FederationSync
    flows: FlowRunner
    health: Health
    historical_keys: HistoricalKeys
    held_marks: HeldMarks
    identifiers: Identifiers
    identity: Identity
    inbox: Inbox
    invitations: Invitations
    issuance: Issuance
    issuance_log: IssuanceLog
    issuer: IssuerMetadata
    learners: Learners
    live: LiveDelivery
    mark_delegations: MarkDelegations
    mark_endorsements: MarkEndorsements
    mark_types: MarkTypes
    members: Members
    membership_log: MembershipLog
    outbox: OutboxWorker
    own_history: OwnHistory
    parts: Parts
    peer_marks: PeerMarks
    presentations: Presentations
    queues: Queues
    rebinding: Rebinding
    requests: Requests
    skills: Skills
    statements: Statements
    status_lists: StatusLists
    status_sync: StatusSync
    successors: Successors
    tokens: Tokens
    trust_documents: TrustDocuments
    trust_faces: TrustFaces
    trust_queries: TrustQueries
    trust_marks: TrustMarks
    vc_api_issuer: VcApiIssuer
    vc_api_verifier: VcApiVerifier
    verification: Verification
    witnessing: Witnessing
    work: WorkRunner


def build_services(
    *, settings: Settings, storage: Storage, outside: Outside, clock: Clock, log: Log, metrics: Metrics
) -> Services:
    """Makes every service once; starts nothing and awaits nothing. `flows.performers` is joined on by the caller."""
    sync = settings.sync
    sealer, resolver, fetcher = outside.keystore.sealer, outside.resolver, outside.fetcher
    identity = Identity(
        storage=storage,
        keystore=outside.keystore,
        clock=clock,
        did=settings.did,
        base_url=settings.base_url,
        name=settings.name,
    )
    resolver.own(settings.did, lambda: parse_document(identity.did_document(), settings.did))
    outbox, work, registry = Outbox(sealer), WorkList(), discover()
    flows = FlowRunner(registry, outbox, clock)
    achievements = Achievements(storage, identity, clock)
    invitations = Invitations(storage, identity, clock)
    directory = Directory(storage, clock)
    trust_faces = TrustFaces(storage, directory, clock)
    configuration = OwnConfiguration(storage, identity, clock)
    members = Members(storage, identity, configuration, clock)
    statements = Statements(storage, configuration, clock)
    federation = Federation(storage, identity, configuration, fetcher, clock)
    status_lists = StatusLists(
        storage, identity, work, clock, settings.statuses.messages, settings.statuses.message_reference
    )
    issuer = IssuerMetadata(storage, identity, achievements, status_lists, settings.organisation)
    federation_sync = FederationSync(
        storage,
        identity,
        members,
        AnchorStatements(configuration, statements, fetcher, clock, log),
        Publications(identity, configuration, issuer, fetcher, clock, log),
        sync.federation_every_s,
        clock,
        log,
    )
    trust_marks = TrustMarks(storage, configuration, status_lists, clock)
    mailbox, routes = Mailbox(log), RelayRoutes()
    routing = Routing(mailbox, routes, outbox, clock, log)
    issuance_log = IssuanceLog(storage, identity, configuration, directory, flows, clock, log)
    witnessing = Witnessing(storage, identity, configuration, directory, flows, fetcher, clock, log)
    reissuing = Reissuing(status_lists, flows)
    issuance = Issuance(storage, identity, achievements, status_lists, issuance_log, flows, reissuing, work, clock)
    learners = Learners(storage, invitations, clock, issuance.bound)
    signatures = Signatures(storage, directory, outside.proofs, outside.didkit)
    credentials = Credentials(storage, directory, signatures, sync.freshness)
    verification = Verification(credentials, outside.proofs, clock)
    presentations = Presentations(
        storage, identity, sealer, verification, flows, work, metrics, clock, sync.federation_every_s
    )
    requests = Requests(storage, identity, directory, invitations, federation, clock)
    exchange = Exchange(identity, directory, federation, invitations, requests, presentations, flows, clock, log)
    exit = Exit(storage, identity, directory, routes, outbox, clock, log, metrics)
    status_sync = StatusSync(
        storage,
        directory,
        fetcher,
        resolver,
        outside.proofs,
        sync.status_every_s,
        clock,
        log,
        presentations.verify_again,
        sync.freshness,
    )
    performers: Mapping[str, Perform] = {
        "relay.check": exit.check,
        "exchange.delivery": exchange.delivery,
        SIGN: issuance.sign,
        PUBLISH: status_lists.publish,
        VERIFY: presentations.verify,
    }
    return Services(
        achievement_lint=AchievementLint(achievements, fetcher),
        achievements=achievements,
        admission=Admission(storage, members, configuration, fetcher, Attempts(clock), clock, log),
        apps=Apps(storage, identity, settings.apps, clock),
        backpack=Backpack(storage, verification, clock),
        configuration=configuration,
        custody=CustodyService(storage, identity, configuration, directory, sealer, clock),
        directory=directory,
        escrow=Escrow(storage, identity, configuration, directory, issuance_log, clock),
        directory_search=DirectorySearch(storage, clock),
        federation=federation,
        federation_sync=federation_sync,
        flows=flows,
        health=Health(storage=storage, metrics=metrics),
        historical_keys=HistoricalKeys(identity, configuration, clock),
        held_marks=HeldMarks(storage, configuration, fetcher, clock, log),
        identifiers=Identifiers(identity, resolver),
        identity=identity,
        inbox=Inbox(storage, identity, resolver, registry, flows, clock, log),
        invitations=invitations,
        issuance=issuance,
        issuance_log=issuance_log,
        issuer=issuer,
        learners=learners,
        live=LiveDelivery(storage, identity, resolver, metrics, clock),
        mark_delegations=MarkDelegations(storage, configuration, clock),
        mark_endorsements=MarkEndorsements(storage, identity, status_lists, trust_marks, clock),
        mark_types=MarkTypes(storage, clock),
        members=members,
        membership_log=MembershipLog(storage, configuration, clock),
        outbox=OutboxWorker(storage, sealer, identity, resolver, outside.transport, routing.deposit, clock, log),
        own_history=OwnHistory(
            storage=storage,
            keystore=outside.keystore,
            identity=identity,
            clock=clock,
            is_published=settings.publish.webvh,
        ),
        parts=Parts(
            directory=directory,
            entry=Entry(),
            hold_ms_max=settings.relay.hold_ms_max,
            flows=flows,
            identity=identity,
            issuance=issuance,
            issuance_log=issuance_log,
            learners=learners,
            mailbox=mailbox,
            presentations=presentations,
            routing=routing,
            witnessing=witnessing,
            work=work,
        ),
        peer_marks=PeerMarks(storage, fetcher, clock, log),
        presentations=presentations,
        queues=Queues(storage, clock),
        rebinding=Rebinding(storage, identity, learners, mailbox, reissuing, clock),
        requests=requests,
        skills=Skills(storage, clock),
        statements=statements,
        status_lists=status_lists,
        status_sync=status_sync,
        successors=Successors(storage, configuration, directory, fetcher, clock, log),
        tokens=Tokens(storage=storage, attempts=Attempts(clock), clock=clock),
        trust_documents=TrustDocuments(trust_faces, configuration, clock),
        trust_faces=trust_faces,
        trust_queries=TrustQueries(trust_faces, clock),
        trust_marks=trust_marks,
        vc_api_issuer=VcApiIssuer(storage, identity, outside.proofs, status_lists, clock),
        vc_api_verifier=VcApiVerifier(verification, resolver, status_lists, status_sync, Challenges(clock)),
        verification=verification,
        witnessing=witnessing,
        work=WorkRunner(storage, performers, clock, log),
    )
