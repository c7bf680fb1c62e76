"""A badge that is still to be issued: everything that it says, but for what only its issuer's node can say.

The node gives it id, issuer, dates and status; the wallet of the person whom it is awarded to gives it its holder.
"""

from collections.abc import Iterator
from datetime import datetime

from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES, OPEN_BADGES_EXTENSIONS
from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import read_badge, results_of
from protocols.credentials.schema import part_problems
from protocols.credentials.shape import as_object, many
from protocols.credentials.times import format_time
from protocols.errors import MalformedCredential, ProtocolError
from protocols.jose.encoding import JsonObject

MAX_PROBLEMS = 10
_GIVEN = ("id", "issuer", "validFrom", "validUntil", "proof", "credentialStatus")
_PLACEHOLDER = "urn:uuid:00000000-0000-4000-8000-000000000000"


def achievement_draft(achievement: JsonObject) -> JsonObject:
    """The draft of a badge that says nothing but its achievement."""
    subject: JsonObject = {"type": ["AchievementSubject"], "achievement": achievement}
    return {"name": achievement["name"], "credentialSubject": subject}


def complete(
    draft: JsonObject,
    *,
    id: str,
    issuer: JsonObject,
    subject_did: str,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status: list[JsonObject] | None = None,
) -> JsonObject:
    """The unsigned OpenBadgeCredential that a draft becomes; a draft that `check_draft` refuses makes a wrong one."""
    subject = as_object(draft.get("credentialSubject")) or {}
    services = (*many(draft.get("refreshService")), *many(draft.get("credentialSchema")))
    extended = any(str((as_object(service) or {}).get("type")).startswith("1EdTech") for service in services)
    made: JsonObject = {
        **draft,
        "@context": [CREDENTIALS_V2, OPEN_BADGES, *([OPEN_BADGES_EXTENSIONS] if extended else [])],
        "id": id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer,
        "validFrom": format_time(valid_from),
        "credentialSubject": {**subject, "id": subject_did},
    }
    if valid_until is not None:
        made["validUntil"] = format_time(valid_until)
    if status:
        made["credentialStatus"] = status
    return made


def check_draft(draft: JsonObject, *, now: datetime) -> JsonObject:
    """The achievement of a draft that can be issued.

    Raises:
        MalformedCredential: with every problem that there is, at most 10, each with its place.
        TooLarge: over 256 KiB.
    """
    problems = [problem for problem, _ in zip(_problems(draft, now), range(MAX_PROBLEMS), strict=False)]
    if problems:
        raise MalformedCredential(f"this badge cannot be issued: {'; '.join(problems)}")
    return draft["credentialSubject"]["achievement"]


def _problems(draft: JsonObject, now: datetime) -> Iterator[str]:
    yield from (f"{name}: it is given by the node that issues it" for name in _GIVEN if name in draft)
    if "id" in (as_object(draft.get("credentialSubject")) or {}):
        yield "credentialSubject.id: it is given by the wallet that takes the badge"
    issuer: JsonObject = {"id": _PLACEHOLDER, "type": ["Profile"]}
    made = complete(draft, id=_PLACEHOLDER, issuer=issuer, subject_did=_PLACEHOLDER, valid_from=now)
    for name in ("@context", "type"):
        if name in draft and draft[name] != made[name]:
            yield f"{name}: it is {made[name]}, or is left out"
    shape = part_problems(made, "AchievementCredential", is_closed=True)
    yield from shape
    try:
        badge = read_badge(parse_credential(made))
    except ProtocolError as error:
        yield error.sentence
        return
    for result in results_of(badge) if badge and not shape else ():
        yield from (f"credentialSubject.result: {problem}" for problem in result.problems)
        if result.is_unclear:
            yield "credentialSubject.result: it points to a description or level that is not in the achievement"
