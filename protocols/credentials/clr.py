"""Comprehensive Learner Records (CLR 2.0): many credentials about one person, signed together, and how they belong.

Each record inside is a credential with proofs of its own; step 9 of the numbered check looks at each of them.

Spec: https://www.imsglobal.org/spec/clr/v2p0 (1EdTech CLR Standard 2.0, context 2.0.1)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.contexts import CLR, CLR_ALL, CREDENTIALS_V2, OPEN_BADGES
from protocols.credentials.embedded import every_credential, stated
from protocols.credentials.model import Credential
from protocols.credentials.open_badges import Achievement
from protocols.credentials.open_badges.codec import read_parts, write_part
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

ASSOCIATION_TYPES = frozenset(
    {
        "exactMatchOf",
        "isChildOf",
        "isParentOf",
        "isPartOf",
        "isPeerOf",
        "isRelatedTo",
        "precedes",
        "replacedBy",
    }
)
"""Section 4.5.2, AssociationType: all there are."""
MAX_ASSOCIATIONS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """How one thing in a record belongs to another: both are ids of credentials or achievements in it."""

    association_type: str
    source_id: str
    target_id: str
    type: str = "Association"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerRecord:
    """What a ClrCredential says besides the credentials in it.

    Args:
        is_partial: its publisher says that it is not everything; None where it says nothing.
        members: the ids of the credentials in it, of their achievements, and of achievements that stand in it alone.
        achievements: those that stand in it alone, to be pointed to.
    """

    members: frozenset[str]
    achievements: tuple[Achievement, ...] = ()
    associations: tuple[Association, ...] = ()
    is_partial: bool | None = None


def is_clr(credential: Credential) -> bool:
    """Whether this is a learner record whose terms have the meaning that CLR gives them."""
    return "ClrCredential" in credential.types and any(url.startswith(CLR_ALL) for url in credential.contexts)


def read_clr(credential: Credential) -> LearnerRecord | None:
    """What a credential says as a learner record; None where it is none. Other shapes are passed over."""
    if not is_clr(credential):
        return None
    partial = credential.raw.get("partial")
    subjects = credential.subjects
    achievements = [item for subject in subjects for item in read_parts(Achievement, subject.get("achievement"))]
    associations = [item for subject in subjects for item in read_parts(Association, subject.get("association"))]
    return LearnerRecord(
        members=frozenset(_members(dict(credential.raw))) | {item.id for item in achievements},
        achievements=tuple(achievements),
        associations=tuple(associations[:MAX_ASSOCIATIONS]),
        is_partial=partial if isinstance(partial, bool) else None,
    )


def association_problems(record: LearnerRecord) -> Iterator[str]:
    """What is wrong with the associations of a record, in order: a type or an id that there is not, or a loop."""
    for item in record.associations:
        if item.association_type not in ASSOCIATION_TYPES:
            yield f"{item.association_type[:40]} is no type of association"
        if item.source_id == item.target_id:
            yield "something is associated with itself"
        for id_ in (item.source_id, item.target_id):
            if id_ not in record.members:
                yield f"{id_[:200]} is not in the record"


def clr_credential(
    *,
    id: str,
    name: str,
    issuer: JsonObject,
    subject_did: str,
    credentials: Sequence[JsonObject],
    associations: Sequence[Association] = (),
    achievements: Sequence[Achievement] = (),
    valid_from: datetime,
    valid_until: datetime | None = None,
    is_partial: bool | None = None,
    status: JsonObject | list[JsonObject] | None = None,
) -> JsonObject:
    """An unsigned ClrCredential over data model 2.0.

    Args:
        issuer: a Profile, of whoever puts the record together: not necessarily who issued what is in it.
        credentials: signed, or in envelopes, at least one; all about `subject_did`.
        achievements: besides those in the credentials, for associations to point to.

    Raises:
        MalformedCredential: there is no credential, or an association that does not fit.
    """
    subject: JsonObject = {
        "id": subject_did,
        "type": ["ClrSubject"],
        "verifiableCredential": list(credentials),
        "achievement": [write_part(item) for item in achievements],
        "association": [write_part(item) for item in associations],
    }
    made: JsonObject = {
        "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES],
        "id": id,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": name,
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "credentialSubject": {name: value for name, value in subject.items() if value != []},
    }
    until = valid_until and format_time(valid_until)
    optional = {"validUntil": until, "partial": is_partial, "credentialStatus": status}
    made.update({name: value for name, value in optional.items() if value is not None})
    record = LearnerRecord(
        members=frozenset(_members(made)) | {item.id for item in achievements}, associations=tuple(associations)
    )
    problem = next(association_problems(record), None)
    if problem or not credentials:
        raise MalformedCredential(
            f"a learner record that does not hold together: {problem or 'it is empty'}",
            expected="credentials, and associations between things in it",
        )
    return made


def _members(document: JsonObject) -> Iterator[str]:
    """The ids of the credentials inside and of their achievements, unverified."""
    for inner in map(stated, every_credential([document])[1:]):
        yield from _ids(inner)
        for subject in many(inner.get("credentialSubject")):
            for achievement in many((as_object(subject) or {}).get("achievement")):
                yield from _ids(achievement)


def _ids(value: Any) -> Iterator[str]:
    if id_ := as_text((as_object(value) or {}).get("id")):
        yield id_
