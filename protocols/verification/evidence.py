"""What was gathered before the evaluation: answers of other rooms as they gave them, nothing left to fetch.

A field that could not be filled yet says so by its value (None, could-not-tell), and the report says it too; it is
evaluated again when what was missing has come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.clr import LearnerRecord
from protocols.credentials.enveloped import SdJwtVc
from protocols.credentials.open_badges import Badge, Identity, IdentityObject
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.schema import NamedSchema
from protocols.findings import Finding, Outcome
from protocols.requests.request import PresentationRequest
from protocols.status.entry import StatusEntry
from protocols.status.lookup import StatusAnswer
from protocols.trust.accreditation import Accreditation
from protocols.trust.issuance_log.attested import Attestation
from protocols.trust.standing import TrustDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One question with its answer already known."""

    outcome: Outcome
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvidence:
    """One `credentialStatus` entry and what its list said; `entry` None where the entry itself could not be read."""

    entry: StatusEntry | None
    answer: StatusAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerEvidence:
    """The issuer, its name as the trust network knows it, and its standing as of the signing date.

    `accreditations` are those of its trust marks that accredit, ended ones too, as they were known at
    `accreditations_as_of`; None where nobody looked.
    """

    did: str
    name: str | None
    standing: TrustDecision
    accreditations: tuple[Accreditation, ...] = ()
    accreditations_as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialEvidence:
    """One credential and what was found of it, in the order of the checklist.

    Args:
        document: the credential as JSON; of one in JOSE form, the document inside.
        parse_problems: what made it unreadable within limits.
        parse_unknown: why it cannot be read here, where that says nothing against it.
        context_problems: unknown contexts, undefined or dropped terms; None where it has no contexts.
        schema_problems: None where no schema is pinned for its types.
        named_schemas: those that it names itself, as far as they are known here.
        proofs: one answer for each proof; none where it has none.
        dates: validFrom and validUntil against now.
        signed_at: the signing date that the issuer's standing is about.
        date: what others than the issuer say of that date; None where it came without an issuance proof.
        statuses: one for each entry.
        published_skills: the skills that its issuer's own synced metadata says its achievement evidences; None where
            no metadata was synced, or it does not name the achievement.
        identities: what its subjects are named by besides their ids.
        badge: what it says as an Open Badge; None where it is none. `record` likewise as a learner record.
        sd_jwt_vc: what it says as an SD-JWT VC; None where it is none.
        key_binding: the answer for the key binding of an SD-JWT; None where it has none and none was asked for.
        is_binding_asked: whether a nonce or an audience was set that the key binding has to repeat.
        embedded: embedded credentials and endorsements, gathered alike.
        embedded_left: how many more there are, past the limits, that were not looked at.
        at: JSON pointer to it within the credential around it; empty where there is none around it.
        around: the ids of the objects that it stands in, from the credential around it inwards.
    """

    document: Mapping[str, Any]
    parse_problems: tuple[str, ...] = ()
    parse_unknown: str | None = None
    context_problems: tuple[str, ...] | None = ()
    schema_problems: tuple[str, ...] | None = ()
    named_schemas: tuple[NamedSchema, ...] = ()
    proofs: tuple[ProofResult, ...]
    dates: Answered
    signed_at: datetime | None
    date: Attestation | None = None
    statuses: tuple[StatusEvidence, ...] = ()
    issuer: IssuerEvidence
    published_skills: frozenset[str] | None = None
    identities: tuple[IdentityObject, ...] = ()
    badge: Badge | None = None
    record: LearnerRecord | None = None
    sd_jwt_vc: SdJwtVc | None = None
    key_binding: ProofResult | None = None
    is_binding_asked: bool = False
    embedded: tuple["CredentialEvidence", ...] = ()
    embedded_left: int = 0
    at: str = ""
    around: tuple[str, ...] = ()

    @property
    def content(self) -> Mapping[str, Any]:
        """What is read in the names of Open Badges: the document, or of an SD-JWT VC what is said in those names."""
        return self.document if self.sd_jwt_vc is None else self.sd_jwt_vc.content


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationEvidence:
    """The presentation around the credentials, and what was found of its own proofs.

    Args:
        document: as JSON; of one in JOSE form, the document inside.
        parse_problems: what breaks the data model.
    """

    document: Mapping[str, Any]
    proofs: tuple[ProofResult, ...]
    parse_problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvidence:
    """The consent that carried it: its hashes, and the findings of `check_asker` and `check_disclosed`."""

    record_hash: str
    payload_hash: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvidence:
    """The request that was answered, and its name."""

    request: PresentationRequest
    request_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything one report rests on.

    Args:
        id: of the report.
        presentation: None where a credential came alone.
        request: None where nobody asked.
        consent: None where it did not come by relay.
        identities: of whoever brings it, as the asker has established them: nothing here was checked by the node.
        delete_at: when its personal data is to be deleted.
    """

    id: str
    credentials: tuple[CredentialEvidence, ...]
    presentation: PresentationEvidence | None = None
    request: RequestEvidence | None = None
    consent: ConsentEvidence | None = None
    identities: tuple[Identity, ...] = ()
    delete_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an asker may decide for itself, and nothing that would make a no a yes.

    Args:
        requires_holder: a credential that names no holder could be anybody's: could not tell.
        accepts_stale_status: whether a list past its freshness still says "clear".
    """

    requires_holder: bool = True
    accepts_stale_status: bool = False
