"""Comprehensive Learner Record 2.0: what ties the credentials of one record together.

Spec: https://www.imsglobal.org/spec/clr/v2p0#data-models
"""

from collections.abc import Iterator, Mapping
from typing import Any

from protocols.credentials.model import Credential
from protocols.credentials.shape import as_object, as_text, is_url, many

ASSOCIATIONS = frozenset(
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
_CONTEXT = "https://purl.imsglobal.org/spec/clr/v2p0/context"


def is_clr(credential: Credential) -> bool:
    """Whether this is a record whose terms have the meaning that CLR gives them."""
    return "ClrCredential" in credential.types and any(url.startswith(_CONTEXT) for url in credential.contexts)


def record_problems(credential: Credential) -> Iterator[str]:
    """What is wrong with a record beside its parts, each as `path: what is expected`."""
    for name in ("id", "name"):
        if as_text(credential.raw.get(name)) is None:
            yield f"{name}: a record needs one"
    if credential.valid_from is None:
        yield "validFrom: a record needs a time with its offset"
    if len(credential.subjects) != 1:
        yield "credentialSubject: a record is about one person"
        return
    subject = credential.subjects[0]
    if "ClrSubject" not in many(subject.get("type")):
        yield "credentialSubject.type: ClrSubject is needed"
    if "id" not in subject and "identifier" not in subject:
        yield "credentialSubject: id or identifier is needed"
    held = many(subject.get("verifiableCredential"))
    if not held or not all(as_object(each) for each in held):
        yield "credentialSubject.verifiableCredential: at least one credential is needed"
    yield from _associations(subject, held)


def _associations(subject: Mapping[str, Any], held: list[Any]) -> Iterator[str]:
    """An association is between two achievements of this record, by their ids."""
    known = {id_ for each in held for id_ in _achievement_ids(as_object(each) or {})}
    known |= {id_ for each in many(subject.get("achievement")) if (id_ := as_text((as_object(each) or {}).get("id")))}
    for index, item in enumerate(many(subject.get("association"))):
        path = f"credentialSubject.association.{index}"
        fields = as_object(item)
        if fields is None:
            yield f"{path}: an object is needed"
            continue
        if "Association" not in many(fields.get("type")):
            yield f"{path}.type: Association is needed"
        kind = as_text(fields.get("associationType"))
        if kind not in ASSOCIATIONS and not (kind or "").startswith("ext:"):
            yield f"{path}.associationType: one of {', '.join(sorted(ASSOCIATIONS))} is needed, or ext:"
        for end in ("sourceId", "targetId"):
            if not is_url(fields.get(end)):
                yield f"{path}.{end}: an absolute URL is needed"
            elif fields[end] not in known:
                yield f"{path}.{end}: the id of an achievement in this record is needed"


def _achievement_ids(credential: Mapping[str, Any]) -> Iterator[str]:
    for subject in many(credential.get("credentialSubject")):
        for achievement in many((as_object(subject) or {}).get("achievement")):
            if id_ := as_text((as_object(achievement) or {}).get("id")):
                yield id_
