"""Open Badges 2.0, read for import: what an assertion claims, in the values of 3.0. Nothing of it is verified.

An assertion of 2.0 is believed because its issuer's web server says the same, or because of a signature with a key that
stands there. A node asks nobody, so what comes out here is somebody's word, for an institution to compare with its own
books and to issue anew.

Spec: https://www.imsglobal.org/spec/ob/v2p0 (Assertion, BadgeClass, Profile)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.open_badges import (
    Achievement,
    Alignment,
    Criteria,
    Evidence,
    IdentityObject,
    Image,
    Profile,
)
from protocols.credentials.open_badges.codec import read_part, write_part
from protocols.credentials.shape import as_object, as_text, is_url, many
from protocols.credentials.times import format_time, parse_time
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

CONTEXT = "https://w3id.org/openbadges/v2"
MAX_ITEMS = 64
_IDENTITY_TYPES = {"email": "emailAddress"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What an assertion of 2.0 says was awarded, to whom, and by whom; unverified, as is everything in it.

    Args:
        id: the assertion's own URL, at which its issuer may say more.
        recipient: mostly a hashed e-mail address.
        achievement: the badge class; its `creator` is the issuer that the assertion names.
        expires_at: None where it does not say; `is_revoked` where the assertion itself says so.
    """

    id: str
    recipient: IdentityObject
    achievement: Achievement
    awarded_at: datetime
    expires_at: datetime | None = None
    narrative: str | None = None
    image: Image | None = None
    evidence: tuple[Evidence, ...] = ()
    is_revoked: bool = False


def is_open_badge_2(value: JsonObject) -> bool:
    """Whether this is an assertion of Open Badges 2.0, well-formed or not."""
    return CONTEXT in many(value.get("@context")) and "Assertion" in many(value.get("type"))


def read_award(value: JsonObject) -> Award:
    """The award in an assertion with its badge class and issuer inside it.

    Raises:
        MalformedCredential: not such an assertion, or one that only names its badge class or issuer by URL.
    """
    if not is_open_badge_2(value):
        raise MalformedCredential("not an assertion of Open Badges 2.0", expected=f"type Assertion, context {CONTEXT}")
    recipient = _inside(value, "recipient")
    return Award(
        id=_url(value, "id"),
        recipient=_recipient(recipient),
        achievement=_achievement(_inside(value, "badge")),
        awarded_at=_time(value["issuedOn"], "issuedOn") if "issuedOn" in value else _missing("issuedOn"),
        expires_at=_time(value["expires"], "expires") if "expires" in value else None,
        narrative=as_text(value.get("narrative")),
        image=_image(value.get("image")),
        evidence=tuple(_evidence(item) for item in many(value.get("evidence"))[:MAX_ITEMS]),
        is_revoked=value.get("revoked") is True,
    )


def draft_of(award: Award) -> JsonObject:
    """The award as a badge of 3.0 that is still to be issued: without id, issuer, holder, proof and validity."""
    subject: JsonObject = {
        "type": ["AchievementSubject"],
        "identifier": [write_part(award.recipient)],
        "achievement": write_part(award.achievement),
    }
    if award.narrative is not None:
        subject["narrative"] = award.narrative
    draft: JsonObject = {
        "name": award.achievement.name,
        "awardedDate": format_time(award.awarded_at),
        "credentialSubject": subject,
    }
    if award.image is not None:
        draft["image"] = write_part(award.image)
    if award.evidence:
        draft["evidence"] = [write_part(item) for item in award.evidence]
    return draft


def _achievement(badge: JsonObject) -> Achievement:
    return Achievement(
        id=_url(badge, "id"),
        name=_text(badge, "name"),
        description=_text(badge, "description"),
        criteria=_criteria(badge.get("criteria")),
        creator=_profile(_inside(badge, "issuer")),
        image=_image(badge.get("image")),
        alignment=tuple(_alignments(badge.get("alignment"))),
        tag=tuple(tag for tag in many(badge.get("tags"))[:MAX_ITEMS] if isinstance(tag, str)),
    )


def _profile(issuer: JsonObject) -> Profile:
    return Profile(
        id=_url(issuer, "id"),
        name=_text(issuer, "name"),
        url=as_text(issuer.get("url")),
        email=as_text(issuer.get("email")),
        phone=as_text(issuer.get("telephone")),
        description=as_text(issuer.get("description")),
        image=_image(issuer.get("image")),
    )


def _recipient(found: JsonObject) -> IdentityObject:
    hashed = found.get("hashed")
    if not isinstance(hashed, bool):
        raise MalformedCredential("recipient.hashed", found=str(hashed)[:20], expected="true or false")
    type = _text(found, "type")
    return IdentityObject(
        hashed=hashed,
        identity_hash=_text(found, "identity"),
        identity_type=_IDENTITY_TYPES.get(type, f"ext:{type}"),
        salt=as_text(found.get("salt")),
    )


def _criteria(value: Any) -> Criteria:
    found = as_object(value) or {"id": value}
    return Criteria(id=as_text(found.get("id")), narrative=as_text(found.get("narrative")))


def _image(value: Any) -> Image | None:
    found = as_object(value) or {"id": value}
    id_ = as_text(found.get("id"))
    return None if id_ is None else Image(id=id_, caption=as_text(found.get("caption")))


def _evidence(value: Any) -> Evidence:
    found = as_object(value) or {"id": value}
    names = ("id", "narrative", "name", "description", "genre", "audience")
    return read_part(Evidence, {name: found.get(name) for name in names}) or Evidence()


def _alignments(value: Any) -> Iterable[Alignment]:
    for item in many(value)[:MAX_ITEMS]:
        found = as_object(item) or {}
        if is_url(found.get("targetUrl")):
            yield Alignment(
                target_url=str(found["targetUrl"]),
                target_name=as_text(found.get("targetName")),
                target_description=as_text(found.get("targetDescription")),
                target_framework=as_text(found.get("targetFramework")),
                target_code=as_text(found.get("targetCode")),
            )


def _inside(value: JsonObject, name: str) -> JsonObject:
    found = as_object(value.get(name))
    if found is None:
        named = str(value.get(name))[:120]
        raise MalformedCredential(f"{name} is not in the assertion itself", found=named, expected="an object, no URL")
    return found


def _url(value: JsonObject, name: str) -> str:
    if not is_url(value.get(name)):
        raise MalformedCredential(f"{name} is not a URL", found=str(value.get(name))[:80], expected="an absolute URL")
    return str(value[name])


def _text(value: JsonObject, name: str) -> str:
    text = as_text(value.get(name))
    if not text:
        raise MalformedCredential(f"{name} is missing", expected="text")
    return text


def _time(value: Any, name: str) -> datetime:
    """2.0 takes any ISO 8601; a day is its beginning, and what names no zone is UTC."""
    is_day = isinstance(value, str) and len(value) == len("2026-01-31")
    return parse_time(f"{value}T00:00:00Z" if is_day else value, name, offset_required=False)


def _missing(name: str) -> datetime:
    raise MalformedCredential(f"{name} is missing", expected="a time")
