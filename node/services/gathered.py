"""What a verification is given, and what it rests on: values between those who ask and those who gather."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from protocols.dids.document import DidDocument
from protocols.findings import Finding
from protocols.jose.encoding import JsonObject
from protocols.requests.request import PresentationRequest
from protocols.status.lookup import Snapshot
from protocols.verification.evidence import CredentialEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A presentation that was opened, and under what: everything of it that a report needs."""

    report_id: str
    presentation: JsonObject
    request: PresentationRequest
    request_hash: str
    record_hash: str
    payload_hash: str
    consent: tuple[Finding, ...]
    delete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A status list that a report rests on; `fetched_at` is when the content came that was read, None for none yet."""

    url: str
    issuer: str
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One credential with what was found of it, and the lists that this rests on."""

    evidence: CredentialEvidence
    rests: tuple[Rest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was fetched for one verification alone, beside what is synced; what is synced comes first.

    Args:
        documents: DID documents by DID, as they are now.
        snapshots: status lists by URL.
    """

    documents: Mapping[str, DidDocument] = field(default_factory=dict[str, DidDocument])
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict[str, Snapshot])


NOTHING = Brought()
