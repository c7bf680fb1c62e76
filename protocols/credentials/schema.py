"""Step 3 of the numbered check: the shape that Open Badges 3.0 and CLR 2.0 ask of their parts, all problems at once.

No registry package carries 1EdTech's JSON Schema, so the required members and their kinds stand here as a table,
written from the specification's data model.

Spec: https://www.imsglobal.org/spec/ob/v3p0#data-models
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from protocols.credentials.clr import is_clr, record_problems
from protocols.credentials.model import Credential
from protocols.credentials.open_badges import is_badge, is_endorsement
from protocols.credentials.shape import as_object, is_url, many
from protocols.credentials.times import parse_time
from protocols.errors import MalformedCredential

MAX_PROBLEMS = 50
_Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _time(value: Any) -> bool:
    try:
        parse_time(value, "time")
    except MalformedCredential:
        return False
    return True


_KINDS: Mapping[str, tuple[_Check, str]] = {
    "text": (_text, "a string"),
    "url": (is_url, "an absolute URL"),
    "number": (_number, "a number"),
    "boolean": (_boolean, "true or false"),
    "time": (_time, "a time with its offset"),
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    # part: {member: kind}; `!` required, `*` a list is allowed, a capital letter names another part
    "Profile": {"id": "!url", "type": "!*text", "name": "text", "url": "url", "email": "text", "image": "Image"},
    "AchievementSubject": {
        "id": "url",
        "type": "!*text",
        "achievement": "!Achievement",
        "identifier": "*IdentityObject",
        "result": "*Result",
        "activityStartDate": "time",
        "activityEndDate": "time",
        "creditsEarned": "number",
        "image": "Image",
        "narrative": "text",
        "licenseNumber": "text",
        "role": "text",
        "term": "text",
    },
    "EndorsementSubject": {"id": "!url", "type": "!*text", "endorsementComment": "text"},
    "Achievement": {
        "id": "!url",
        "type": "!*text",
        "name": "!text",
        "description": "!text",
        "criteria": "!Criteria",
        "achievementType": "text",
        "alignment": "*Alignment",
        "creator": "Profile",
        "creditsAvailable": "number",
        "fieldOfStudy": "text",
        "humanCode": "text",
        "image": "Image",
        "resultDescription": "*ResultDescription",
        "specialization": "text",
        "tag": "*text",
        "inLanguage": "text",
        "version": "text",
    },
    "Criteria": {"id": "url", "narrative": "text"},
    "Alignment": {
        "type": "!*text",
        "targetUrl": "!url",
        "targetName": "!text",
        "targetCode": "text",
        "targetDescription": "text",
        "targetFramework": "text",
        "targetType": "text",
    },
    "Image": {"id": "!url", "type": "!text", "caption": "text"},
    "Result": {
        "type": "!*text",
        "achievedLevel": "url",
        "alignment": "*Alignment",
        "resultDescription": "url",
        "status": "text",
        "value": "text",
    },
    "ResultDescription": {
        "id": "!url",
        "type": "!*text",
        "name": "!text",
        "resultType": "!text",
        "alignment": "*Alignment",
        "allowedValue": "*text",
        "requiredLevel": "url",
        "requiredValue": "text",
        "rubricCriterionLevel": "*RubricCriterionLevel",
        "valueMax": "text",
        "valueMin": "text",
    },
    "RubricCriterionLevel": {
        "id": "!url",
        "type": "!*text",
        "name": "!text",
        "alignment": "*Alignment",
        "description": "text",
        "level": "text",
        "points": "text",
    },
    "IdentityObject": {
        "type": "!text",
        "hashed": "!boolean",
        "identityHash": "!text",
        "identityType": "!text",
        "salt": "text",
    },
}


def shape_problems(credential: Credential) -> list[str] | None:
    """What is wrong with a badge, an endorsement or a record, each as `path: what is expected`, at most 50.

    None for a credential of other types: there is no shape that it has to have.
    """
    if is_badge(credential):
        found = _badge(credential)
    elif is_endorsement(credential):
        found = _endorsement(credential)
    elif is_clr(credential):
        found = _record(credential)
    else:
        return None
    return [problem for _, problem in zip(range(MAX_PROBLEMS), found, strict=False)]


def _endorsement(credential: Credential) -> Iterator[str]:
    for name in ("id", "name"):
        if not isinstance(credential.raw.get(name), str):
            yield f"{name}: an endorsement needs one"
    if credential.valid_from is None:
        yield "validFrom: an endorsement needs a time with its offset"
    if as_object(credential.issuer_raw) is not None:
        yield from _part(credential.issuer_raw, "Profile", "issuer")
    for subject in credential.subjects:
        yield from _part(subject, "EndorsementSubject", "credentialSubject")


def _record(credential: Credential) -> Iterator[str]:
    if as_object(credential.issuer_raw) is not None:
        yield from _part(credential.issuer_raw, "Profile", "issuer")
    yield from record_problems(credential)
    for subject in credential.subjects:
        for name, part in (("achievement", "Achievement"), ("identifier", "IdentityObject")):
            for item in many(subject.get(name)):
                yield from _part(item, part, f"credentialSubject.{name}")


def _badge(credential: Credential) -> Iterator[str]:
    if credential.id is None:
        yield "id: a badge needs an absolute URL"
    if credential.valid_from is None:
        yield "validFrom: a badge needs a time with its offset"
    if as_object(credential.issuer_raw) is not None:
        yield from _part(credential.issuer_raw, "Profile", "issuer")
    for subject in credential.subjects:
        if "id" not in subject and "identifier" not in subject:
            yield "credentialSubject: id or identifier is needed"
        yield from _part(subject, "AchievementSubject", "credentialSubject")


def _part(value: Any, part: str, path: str) -> Iterator[str]:
    found = as_object(value)
    if found is None:
        yield f"{path}: an object is needed"
        return
    types = many(found.get("type"))
    if "type" in found and types and part not in types:
        yield f"{path}.type: {part} is needed"
    for name, rule in _PARTS[part].items():
        if name not in found:
            if "!" in rule:
                yield f"{path}.{name}: it is required"
            continue
        yield from _member(found[name], rule.lstrip("!"), f"{path}.{name}")


def _member(value: Any, rule: str, path: str) -> Iterator[str]:
    kind = rule.lstrip("*")
    if isinstance(value, list) and not rule.startswith("*"):
        yield f"{path}: one value is needed, not a list"
        return
    for item in many(value):
        if kind in _PARTS:
            yield from _part(item, kind, path)
        elif not _KINDS[kind][0](item):
            yield f"{path}: {_KINDS[kind][1]} is needed"
