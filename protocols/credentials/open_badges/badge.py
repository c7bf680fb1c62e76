"""A whole badge: read from a credential, and written as one.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#achievementcredential
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES, OPEN_BADGES_ALL, OPEN_BADGES_EXTENSIONS
from protocols.credentials.model import Credential
from protocols.credentials.open_badges.codec import read_part, read_parts, write_part
from protocols.credentials.open_badges.identity import IdentityObject
from protocols.credentials.open_badges.values import Achievement, Alignment, Badge, Profile
from protocols.credentials.times import format_time
from protocols.jose.encoding import JsonObject

BADGE_TYPES = frozenset({"OpenBadgeCredential", "AchievementCredential"})
_MAX_IDENTITIES = 32
MAX_ALIGNMENTS = 256


def is_badge(credential: Credential) -> bool:
    """Whether this is an Open Badge whose terms have the meaning that Open Badges gives them."""
    return bool(BADGE_TYPES & set(credential.types)) and any(
        url.startswith(OPEN_BADGES_ALL) for url in credential.contexts
    )


def read_badge(credential: Credential) -> Badge | None:
    """What a credential says as a badge; None where it is none, or has no id.

    What has another shape than the specification's is passed over, and is for step 3 of the check to name. Times are
    kept to the second, and texts in one language only.
    """
    if not is_badge(credential):
        return None
    badge = read_part(Badge, {**credential.raw, "issuer": {"id": credential.issuer}})
    if badge is None:
        return None
    return replace(badge, issuer=_issuer(credential.issuer_raw, credential.issuer), valid_from=credential.valid_from)


def read_badge_in(content: JsonObject, issuer: str) -> Badge | None:
    """What content in the names of Open Badges, out of a token of `issuer`, says as a badge; None as `read_badge`."""
    return read_part(Badge, {**content, "issuer": {"id": issuer}}) if content else None


def write_badge(badge: Badge) -> JsonObject:
    """The unsigned OpenBadgeCredential over data model 2.0."""
    issuer = badge.issuer
    written = write_part(badge)
    services = (*badge.credential_schema, *badge.refresh_service)
    extended = any(str(item.get("type")).startswith("1EdTech") for item in services)
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES, *([OPEN_BADGES_EXTENSIONS] if extended else [])],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        **written,
        "issuer": written["issuer"] if issuer.type else issuer.id,
    }


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
    """An unsigned OpenBadgeCredential over data model 2.0, of an achievement and nothing more.

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


def achievements_of(badge: Badge) -> tuple[Achievement, ...]:
    """The achievement of each subject that has one, in order."""
    return tuple(subject.achievement for subject in badge.subject if subject.achievement is not None)


def alignments_of(badge: Badge) -> tuple[Alignment, ...]:
    """Every alignment of every achievement, in order, at most 256."""
    found: Iterable[Alignment] = (item for held in achievements_of(badge) for item in held.alignment)
    return tuple(item for item, _ in zip(found, range(MAX_ALIGNMENTS), strict=False))


def identities_of(credential: Credential) -> tuple[IdentityObject, ...]:
    """The identities that its subjects are named by, at most 32; none without the context that gives them meaning."""
    if not any(url.startswith(OPEN_BADGES_ALL) for url in credential.contexts):
        return ()
    found = (item for subject in credential.subjects for item in read_parts(IdentityObject, subject.get("identifier")))
    return tuple(item for item, _ in zip(found, range(_MAX_IDENTITIES), strict=False))


def _issuer(raw: Any, id: str) -> Profile:
    """The issuer's profile; one that is named by its id alone has no type."""
    return read_part(Profile, raw) or Profile(id=id, type=())
