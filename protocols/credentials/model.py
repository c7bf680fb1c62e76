"""A credential as the data model says it must be, parsed once into a value.

Step 1 of the numbered check. What holds for presentations is in `presentation.py` and named here too; signatures,
dates against a clock, status and meaning are other steps.

Specs: https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts, https://www.w3.org/TR/vc-data-model/ (1.1)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.basics import optional_url, owner_of, parse_contexts, parse_types
from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, check_size
from protocols.credentials.presentation import Presentation, parse_presentation
from protocols.credentials.properties import check_properties
from protocols.credentials.shape import as_object, many
from protocols.credentials.times import parse_time
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

MAX_SUBJECTS = 32

__all__ = ["Credential", "Presentation", "parse_credential", "parse_presentation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A well-formed credential; nothing in it is to be believed before its proofs were checked.

    Args:
        raw: the whole document, as it came.
        issuer: the issuer's DID or URL; `issuer_raw` is what stood there, a string or an object with more.
        valid_from: aware UTC; for 1.1 the issuanceDate.
        valid_until: aware UTC; for 1.1 the expirationDate.
        subjects: the credentialSubject objects; `subject_ids` the ids of those that have one, in order.
        statuses: the credentialStatus objects, for `protocols.status`.
        contexts: the context URLs; inline contexts are not among them, and no signature over them is accepted.
        version: of the data model, "2.0" or "1.1".
    """

    raw: Mapping[str, Any]
    id: str | None
    issuer: str
    issuer_raw: str | Mapping[str, Any]
    types: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    subjects: tuple[Mapping[str, Any], ...]
    subject_ids: tuple[str, ...]
    statuses: tuple[Mapping[str, Any], ...]
    contexts: tuple[str, ...]
    version: str


def parse_credential(value: JsonObject, *, max_bytes: int = MAX_CREDENTIAL_BYTES) -> Credential:
    """The credential in a JSON object.

    Args:
        max_bytes: as compact JSON; status lists, which are credentials too, may be larger.

    Raises:
        MalformedCredential: a rule of the data model is broken.
        TooLarge: over `max_bytes`.
    """
    check_size(value, max_bytes)
    contexts, version = parse_contexts(value)
    types = parse_types(value, "VerifiableCredential")
    subjects = _subjects(value)
    check_properties(value, version)
    dates = ("validFrom", "validUntil") if version == "2.0" else ("issuanceDate", "expirationDate")
    valid_from, valid_until = (_date(value, name, version) for name in dates)
    if version == "1.1" and valid_from is None:
        raise MalformedCredential("issuanceDate is missing", expected="a time")
    if valid_from is not None and valid_until is not None and valid_until < valid_from:
        raise MalformedCredential("a credential that ends before it begins", expected="validFrom before validUntil")
    return Credential(
        raw=value,
        id=optional_url(value, "id"),
        issuer=owner_of(value, "issuer"),
        issuer_raw=value["issuer"],
        types=types,
        valid_from=valid_from,
        valid_until=valid_until,
        subjects=subjects,
        subject_ids=tuple(subject["id"] for subject in subjects if "id" in subject),
        statuses=tuple(many(value.get("credentialStatus"))),
        contexts=contexts,
        version=version,
    )


def _subjects(value: JsonObject) -> tuple[JsonObject, ...]:
    subjects = [as_object(subject) for subject in many(value.get("credentialSubject"))]
    kept = tuple(subject for subject in subjects if subject)
    if not kept or len(kept) != len(subjects) or len(kept) > MAX_SUBJECTS:
        raise MalformedCredential("credentialSubject makes no claim", expected=f"1 to {MAX_SUBJECTS} objects")
    for subject in kept:
        optional_url(subject, "id")
    return kept


def _date(value: JsonObject, name: str, version: str) -> datetime | None:
    return parse_time(value[name], name, offset_required=version == "2.0") if name in value else None
