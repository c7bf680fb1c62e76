"""One consented presentation, rightly made, whose parts a test can exchange for wrong ones.

Alba (the learner) shares a badge with Employer through Exit, vouched for by Entry. Documents are built by hand: what
is tested here takes resolved documents as input.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from protocols.consent.digests import credential_digest, payload_hash, salted_digest
from protocols.consent.facts import AskerFacts, ExitFacts, RequesterFacts, Uses
from protocols.consent.letters import Return
from protocols.consent.presentation import RecordSalts, presentation
from protocols.consent.record import (
    ConsentRecord,
    ConsentType,
    Requester,
    Retention,
    SharedRecord,
    record_hash,
    sign_record,
)
from protocols.consent.relay import Deliver, Middle, Present
from protocols.consent.use import Use, sign_use
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json, digest
from protocols.jose.keys import PrivateKey
from protocols.requests.query import PresentationQuery, QueryItem, Skill
from protocols.requests.request import PresentationRequest, Purpose, request_hash, sign_request
from protocols.trust.registration import VerifierRegistration
from protocols.trust.standing import TrustDecision

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

ENTRY, EXIT = "did:web:college.example", "did:web:relay.example"
ASKER, OTHER_ASKER = "did:web:employer.example", "did:web:rival.example"
LEARNER, STRANGER = "did:example:alba-for-employer", "did:example:someone-else"
HOLDER, ISSUER = "did:example:holder-alba", "did:web:college.example"
MAILBOX = "did:key:z6Mkmailbox"
SKILL = Skill(uri="https://www.onetcenter.org/content/2.A.1.a", name="Reading Comprehension")

GOOD = TrustDecision(
    outcome="yes", reason="A member in good standing.", cause="member_in_good_standing", since=NOW - 400 * DAY
)
SUSPENDED = TrustDecision(outcome="no", reason="It was suspended.", cause="suspended_then", since=NOW - DAY)
NOT_SYNCED = TrustDecision(outcome="could_not_tell", reason="Not synced yet.", cause="not_yet_synced")
REGISTRATION = VerifierRegistration(purposes=("hiring",), claims=("OpenBadgeCredential",), max_retention_days=90)
PURPOSE = Purpose(code="hiring", text="To fill the position of junior analyst")
SALTS = RecordSalts(issuer="i" * 22, credential="c" * 22)
WAY_BACK = Return(via=ENTRY, mailbox=MAILBOX, until=NOW + 30 * DAY, salt="r" * 22)


def key(did: str, name: str = "sign", crv: str = "Ed25519") -> PrivateKey:
    """The same key for the same names, every time."""
    return PrivateKey.from_secret(crv, hashlib.sha256(f"{did}#{name}".encode()).digest(), f"{did}#{name}")


def document(did: str) -> DidDocument:
    """A document with one signing key (authentication, assertionMethod) and one key-agreement key."""
    sign, agree = key(did), key(did, "agree", "X25519")
    methods = {
        k.kid: VerificationMethod(id=k.kid, controller=did, type="Multikey", key=k.public) for k in (sign, agree)
    }
    return DidDocument(
        id=did,
        methods=methods,
        relationships={
            "authentication": (sign.kid,),
            "assertionMethod": (sign.kid,),
            "keyAgreement": (agree.kid,),
        },
    )


def badge(skill: str = SKILL.uri, issuer: str = ISSUER, subject: str = HOLDER) -> JsonObject:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"urn:uuid:{digest(skill.encode())[:12]}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"]},
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "achievement": {
                "type": ["Achievement"],
                "name": "Business Writing",
                "alignment": [{"type": ["Alignment"], "targetUrl": skill, "targetName": "Reading Comprehension"}],
            },
        },
    }


def inner_jwe(sender: str = LEARNER, recipient: str = ASKER, ciphertext: str = "c2VhbGVk") -> JsonObject:
    protected = canonical_json({"alg": "ECDH-1PU+A256KW", "enc": "A256CBC-HS512", "skid": f"{sender}#agree"})
    return {
        "protected": b64url_encode(protected),
        "recipients": [{"header": {"kid": f"{recipient}#agree"}, "encrypted_key": "a2V5"}],
        "iv": "aXY",
        "ciphertext": ciphertext,
        "tag": "dGFn",
    }


def shared(credential: JsonObject, salts: RecordSalts = SALTS, claims: tuple[str, ...] = ()) -> SharedRecord:
    return SharedRecord(
        type="OpenBadgeCredential",
        issuer_digest=salted_digest(salts.issuer, ISSUER),
        credential_hash=salted_digest(salts.credential, credential_digest(credential)),
        claims=claims,
    )


REQUEST = PresentationRequest(
    issuer=ASKER,
    id="request-1",
    issued_at=NOW - DAY,
    expires_at=NOW + 7 * DAY,
    nonce="bm9uY2U",
    purpose=PURPOSE,
    retention_days=60,
    query=PresentationQuery(items=(QueryItem(id="reading", credential_type="OpenBadgeCredential", skill=SKILL),)),
)
RECORD = ConsentRecord(
    id="record-1",
    type=ConsentType.ONCE,
    issued_at=NOW - timedelta(minutes=1),
    subject=LEARNER,
    actor=LEARNER,
    requester=Requester(did=ASKER, name="Employer Inc.", trust_hash=digest(b"trust entry")),
    records=(shared(badge()),),
    purpose=PURPOSE,
    retention=Retention(days=60, until=NOW + 60 * DAY),
    not_before=NOW - timedelta(minutes=1),
    not_after=NOW + DAY,
    ui_hash=digest(b"screen"),
)


ASKER_KEY, LEARNER_KEY = key(ASKER), key(LEARNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What goes into one sending. `use` None: made from the other parts, so that it fits them."""

    request: PresentationRequest = REQUEST
    request_signer: PrivateKey = ASKER_KEY
    record: ConsentRecord = RECORD
    record_signer: PrivateKey = LEARNER_KEY
    use_signer: PrivateKey = LEARNER_KEY
    jwe: Any = None
    use: Use | None = None

    def but(self, **changes: Any) -> "Story":
        return replace(self, **changes)

    @property
    def sealed(self) -> Any:
        return inner_jwe() if self.jwe is None else self.jwe

    @property
    def said(self) -> Present:
        request, record = sign_request(self.request, self.request_signer), sign_record(self.record, self.record_signer)
        use = self.use or Use(
            id="use-1",
            record_hash=record_hash(record),
            request_hash=request_hash(request),
            payload_hash=payload_hash(self.sealed),
            issued_at=NOW,
        )
        return Present(request=request, record=record, use=sign_use(use, self.use_signer))

    @property
    def middle(self) -> Middle:
        return Middle(next=ASKER, said=self.said, way_back=WAY_BACK)

    @property
    def deliver(self) -> Deliver:
        return Deliver(said=self.said, vouched=True)


def requester_facts(**changes: Any) -> RequesterFacts:
    facts = RequesterFacts(document=document(ASKER), registration=REGISTRATION, standing=GOOD)
    return replace(facts, **changes)


def exit_facts(**changes: Any) -> ExitFacts:
    facts = ExitFacts(
        exit=EXIT,
        entry=ENTRY,
        entry_standing=GOOD,
        entry_host="college.example",
        exit_host="relay.example",
        requester=requester_facts(),
        subject=document(LEARNER),
        uses=Uses(),
        way_back=WAY_BACK,
    )
    return replace(facts, **changes)


def asker_facts(**changes: Any) -> AskerFacts:
    facts = AskerFacts(
        asker=ASKER, exit=EXIT, exit_standing=GOOD, requester=requester_facts(), subject=document(LEARNER)
    )
    return replace(facts, **changes)


def signed_presentation(request_token: str, *credentials: JsonObject, **proof: Any) -> JsonObject:
    """A presentation whose proof says what it should; the proof's value is the verification's business."""
    made = presentation(credentials or (badge(),), holder=HOLDER, shared_as=LEARNER)
    stated = {"type": "DataIntegrityProof", "challenge": request_hash(request_token), "domain": ASKER, **proof}
    return {**made, "proof": stated}
