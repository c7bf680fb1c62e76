"""Open Badges 3.0: making an achievement credential, and reading what one says was achieved.

Spec: https://www.imsglobal.org/spec/ob/v3p0 (1EdTech Open Badges 3.0, context 3.0.3)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES
from protocols.credentials.model import Credential
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time
from protocols.jose.encoding import JsonObject

BADGE_TYPES = frozenset({"OpenBadgeCredential", "AchievementCredential"})
MAX_ALIGNMENTS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """One link from an achievement to an entry of a framework; `target_url` is the entry's URI."""

    target_url: str
    target_name: str | None = None
    target_type: str | None = None
    target_framework: str | None = None
    target_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of the subject, with what its description in the achievement says about it.

    `level` is the name of the achieved rubric level, where the result points to one.
    """

    value: str | None = None
    status: str | None = None
    name: str | None = None
    level: str | None = None
    alignments: tuple[Alignment, ...] = ()


def achievement_credential(
    *,
    id: str,
    issuer: JsonObject,
    subject_did: str,
    achievement: JsonObject,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status: JsonObject | list[JsonObject] | None = None,
) -> JsonObject:
    """An unsigned OpenBadgeCredential over data model 2.0.

    Args:
        issuer: an OB Profile: id (the DID), type ["Profile"], name.
        achievement: an OB Achievement: id, type ["Achievement"], name, description, criteria, alignment.
        status: a credentialStatus entry, or several.
    """
    credential: JsonObject = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES],
        "id": id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement["name"],
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "credentialSubject": {"id": subject_did, "type": ["AchievementSubject"], "achievement": achievement},
    }
    if valid_until is not None:
        credential["validUntil"] = format_time(valid_until)
    if status is not None:
        credential["credentialStatus"] = status
    return credential


def is_badge(credential: Credential) -> bool:
    """Whether this is an Open Badge whose terms have the meaning that Open Badges gives them."""
    return bool(BADGE_TYPES & set(credential.types)) and _means_open_badges(credential)


def is_endorsement(credential: Credential) -> bool:
    """Whether this is an EndorsementCredential in the terms of Open Badges."""
    return "EndorsementCredential" in credential.types and _means_open_badges(credential)


def achievement_of(credential: Credential) -> Mapping[str, Any] | None:
    """The first achievement of a badge; None where the credential is no badge or holds none."""
    return next(iter(_achievements(credential)), None)


def alignments_of(credential: Credential) -> tuple[Alignment, ...]:
    """Every alignment of every achievement of a badge, in order, at most 256; none for other credentials."""
    found = (_alignments(achievement.get("alignment")) for achievement in _achievements(credential))
    return tuple(alignment for group in found for alignment in group)[:MAX_ALIGNMENTS]


def results_of(credential: Credential) -> tuple[Result, ...]:
    """Every result of every subject of a badge, in order."""
    if not is_badge(credential):
        return ()
    return tuple(
        _result(result, as_object(subject.get("achievement")) or {})
        for subject in credential.subjects
        for result in _objects(subject.get("result"))
    )


def _means_open_badges(credential: Credential) -> bool:
    return any(url.startswith("https://purl.imsglobal.org/spec/ob/v3p0/context") for url in credential.contexts)


def _achievements(credential: Credential) -> list[JsonObject]:
    if not is_badge(credential):
        return []
    return [found for subject in credential.subjects for found in _objects(subject.get("achievement"))]


def _result(result: JsonObject, achievement: JsonObject) -> Result:
    description = _with_id(achievement.get("resultDescription"), result.get("resultDescription"))
    level = _with_id(description.get("rubricCriterionLevel"), result.get("achievedLevel"))
    own, described = _alignments(result.get("alignment")), _alignments(description.get("alignment"))
    return Result(
        value=as_text(result.get("value")),
        status=as_text(result.get("status")),
        name=as_text(description.get("name")),
        level=as_text(level.get("name")),
        alignments=own + described + _alignments(level.get("alignment")),
    )


def _with_id(items: Any, id_: Any) -> JsonObject:
    nothing: JsonObject = {}
    return next((item for item in _objects(items) if id_ is not None and item.get("id") == id_), nothing)


def _alignments(value: Any) -> tuple[Alignment, ...]:
    return tuple(
        Alignment(
            target_url=item["targetUrl"],
            target_name=as_text(item.get("targetName")),
            target_type=as_text(item.get("targetType")),
            target_framework=as_text(item.get("targetFramework")),
            target_code=as_text(item.get("targetCode")),
        )
        for item in _objects(value)
        if isinstance(item.get("targetUrl"), str)
    )


def _objects(value: Any) -> Iterable[JsonObject]:
    return (item for item in map(as_object, many(value)) if item)
