"""The consent record: what a learner agreed to, signed by the key they have for this one asker.

A compact JWS of type `ler-consent-record+jwt`. It names the kinds of record, the fields and the purpose as 34 CFR
99.30 asks of a written consent, and leaves out every value: relays read it.

The members are those of the consent checklist; ISO/IEC TS 27560 gives the vocabulary.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject, digest
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.requests.members import Members, seconds
from protocols.requests.query import MAX_CLAIMS, MAX_ITEMS
from protocols.requests.request import MAX_RETENTION_DAYS, NO_REDISCLOSURE, Purpose, read_purpose

RECORD_TYP = "ler-consent-record+jwt"
MAX_RECORD_BYTES = 64 * 1024
MAX_USES = 1_000_000

_E = TypeVar("_E", bound=StrEnum)


class ConsentType(StrEnum):
    """How long a consent reaches: one sending, a standing permission, or a link that the learner gives away."""

    ONCE = "once"
    STANDING = "standing"
    SHARE_LINK = "share-link"


class ConsentStatus(StrEnum):
    """What this record says became of the consent (ISO/IEC TS 27560: consent state)."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who was shown as asking: DID, name as on the screen, and the digest of the trust entry that was shown."""

    did: str
    name: str
    trust_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRecord:
    """One credential that the consent covers.

    `claims` are JSON pointers, none for the whole credential. The digests are salted; their salts reach the asker
    only, sealed with the presentation.
    """

    type: str
    issuer_digest: str
    credential_hash: str
    claims: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        return {
            "type": self.type,
            "issuer_digest": self.issuer_digest,
            "claims": list(self.claims),
            "credential_hash": self.credential_hash,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long the asker may keep it: `days` after receipt, and never past `until`."""

    days: int
    until: datetime

    def to_json(self) -> JsonObject:
        return {"days": self.days, "until": seconds(self.until)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """What was agreed. Nothing in a parsed one is to be believed before `verify_record`.

    Args:
        subject: the learner's per-asker DID.
        actor: the DID of who decided: the subject itself, or a guardian's pairwise DID.
        requester: None for a share link only, which uses no relay.
        not_after: the first moment at which it may no longer be used.
        min_interval_s: of a standing consent, seconds between two uses.
        ui_hash: salted digest of the words on the screen (`screen.ui_hash`).
        prev: digest of the record for this asker that came before this one.
    """

    id: str
    type: ConsentType
    status: ConsentStatus = ConsentStatus.GIVEN
    issued_at: datetime
    subject: str
    actor: str
    requester: Requester | None
    records: tuple[SharedRecord, ...]
    purpose: Purpose
    retention: Retention
    redisclosure: str = NO_REDISCLOSURE
    not_before: datetime
    not_after: datetime
    max_uses: int = 1
    min_interval_s: int | None = None
    ui_hash: str
    prev: str | None = None


def sign_record(record: ConsentRecord, signer: Signer) -> str:
    """The record as a compact JWS. `signer.kid` must be a key of `record.actor`."""
    token = sign_compact(_claims(record), signer, typ=RECORD_TYP)
    parse_record(token)  # we sign nothing that we would not read
    return token


def parse_record(token: str) -> ConsentRecord:
    """The record in a compact JWS, its signature not yet checked.

    Raises:
        MalformedMessage: a member missing, unknown, of the wrong form, or that contradicts another.
        TooLarge: over 64 KiB, 20 records, or 20 claims in one.
    """
    return _read(parse_compact(token, typ=RECORD_TYP, max_bytes=MAX_RECORD_BYTES))


def verify_record(token: str, key: PublicKey) -> ConsentRecord:
    """The record once `key` was found to have signed it; raises EnvelopeError when it did not."""
    jws = parse_compact(token, typ=RECORD_TYP, max_bytes=MAX_RECORD_BYTES)
    jws.verify(key)
    return _read(jws)


def record_hash(token: str) -> str:
    """The name of a record: SHA-256 of its exact characters."""
    return digest(token.encode("ascii"))


def read_shared_record(value: Any) -> SharedRecord:
    """One entry of `records`."""
    members = Members(value, "shared record")
    shared = SharedRecord(
        type=members.type_name("type"),
        issuer_digest=members.digest("issuer_digest"),
        claims=members.pointers("claims", MAX_CLAIMS),
        credential_hash=members.digest("credential_hash"),
    )
    members.done()
    return shared


def _claims(record: ConsentRecord) -> JsonObject:
    optional: JsonObject = {
        "requester": record.requester
        and {
            "did": record.requester.did,
            "name": record.requester.name,
            "trust_hash": record.requester.trust_hash,
        },
        "minInterval": record.min_interval_s,
        "prev": record.prev,
    }
    return {
        "id": record.id,
        "type": record.type.value,
        "status": record.status.value,
        "iat": seconds(record.issued_at),
        "subject": record.subject,
        "actor": record.actor,
        "records": [shared.to_json() for shared in record.records],
        "purpose": record.purpose.to_json(),
        "retention": record.retention.to_json(),
        "redisclosure": record.redisclosure,
        "notBefore": seconds(record.not_before),
        "notAfter": seconds(record.not_after),
        "maxUses": record.max_uses,
        "ui_hash": record.ui_hash,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _read(jws: CompactJws) -> ConsentRecord:
    members = Members(jws.claims, "consent record")
    requester = members.take("requester")
    record = ConsentRecord(
        id=members.identifier("id"),
        type=_member_of(ConsentType, members.text("type", 32)),
        status=_member_of(ConsentStatus, members.text("status", 32)),
        issued_at=members.time("iat"),
        subject=members.did("subject"),
        actor=members.did("actor"),
        requester=None if requester is None else _requester(requester),
        records=members.items("records", MAX_ITEMS, read_shared_record, min_count=1),
        purpose=read_purpose(members.take("purpose")),
        retention=_retention(members.take("retention")),
        redisclosure=members.text("redisclosure", 200),
        not_before=members.time("notBefore"),
        not_after=members.time("notAfter"),
        max_uses=members.integer("maxUses", 1, MAX_USES),
        min_interval_s=members.optional_integer("minInterval", 0, 366 * 86_400),
        ui_hash=members.digest("ui_hash"),
        prev=members.optional_digest("prev"),
    )
    members.done()
    _check_sense(record, jws.kid)
    return record


def _check_sense(record: ConsentRecord, kid: str) -> None:
    if kid.partition("#")[0] != record.actor:
        raise MalformedMessage("a consent record signed under another DID's key id", expected="a kid of its actor")
    if (record.requester is None) != (record.type is ConsentType.SHARE_LINK):
        raise MalformedMessage("requester and type do not fit", expected="a requester, except for a share link")
    if record.type is ConsentType.ONCE and record.max_uses != 1:
        raise MalformedMessage("a consent for once with several uses", found=str(record.max_uses), expected="1")
    if not record.not_before < record.not_after:
        raise MalformedMessage("a consent that is never valid", expected="notBefore before notAfter")


def _requester(value: Any) -> Requester:
    members = Members(value, "requester")
    requester = Requester(
        did=members.did("did"), name=members.text("name", 300), trust_hash=members.digest("trust_hash")
    )
    members.done()
    return requester


def _retention(value: Any) -> Retention:
    members = Members(value, "retention")
    retention = Retention(days=members.integer("days", 0, MAX_RETENTION_DAYS), until=members.time("until"))
    members.done()
    return retention


def _member_of(kind: type[_E], value: str) -> _E:
    try:
        return kind(value)
    except ValueError as error:
        expected = ", ".join(member.value for member in kind)
        raise MalformedMessage(f"not a {kind.__name__}", found=value, expected=expected) from error
