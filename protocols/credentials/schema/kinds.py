"""The kinds of value that a member can have, each with how an error names it.

Spec: https://www.imsglobal.org/spec/ob/v3p0#enumerations
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from protocols.credentials.clr import ASSOCIATION_TYPES
from protocols.credentials.contexts import CLR_ALL, CREDENTIALS_V1, CREDENTIALS_V2, OPEN_BADGES_ALL
from protocols.credentials.shape import as_object, is_url, many
from protocols.credentials.times import parse_time
from protocols.errors import MalformedCredential

_EXTENSION = re.compile(r"ext:[a-zA-Z0-9|._-]+")
_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\Z")
_LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z", re.ASCII)
_LANGUAGE_KEY = re.compile(r"[a-z]{2}(-[A-Z]{2})?\Z", re.ASCII)

_ACHIEVEMENTS = frozenset(
    [
        "Achievement",
        "ApprenticeshipCertificate",
        "Assessment",
        "Assignment",
        "AssociateDegree",
        "Award",
        "Badge",
        "BachelorDegree",
        "Certificate",
        "CertificateOfCompletion",
        "Certification",
        "CommunityService",
        "Competency",
        "Course",
        "CoCurricular",
        "Degree",
        "Diploma",
        "DoctoralDegree",
        "Fieldwork",
        "GeneralEducationDevelopment",
        "JourneymanCertificate",
        "LearningProgram",
        "License",
        "Membership",
        "ProfessionalDoctorate",
        "QualityAssuranceCredential",
        "MasterCertificate",
        "MasterDegree",
        "MicroCredential",
        "ResearchDoctorate",
        "SecondarySchoolDiploma",
    ]
)
_ALIGNMENTS = frozenset(
    [
        "ceasn:Competency",
        "ceterms:Credential",
        "CFItem",
        "CFRubric",
        "CFRubricCriterion",
        "CFRubricCriterionLevel",
        "CTDL",
    ]
)
_IDENTIFIERS = frozenset(
    [
        "name",
        "sourcedId",
        "systemId",
        "productId",
        "userName",
        "accountId",
        "emailAddress",
        "nationalIdentityNumber",
        "isbn",
        "issn",
        "lisSourcedId",
        "oneRosterSourcedId",
        "sisSourcedId",
        "ltiContextId",
        "ltiDeploymentId",
        "ltiToolId",
        "ltiPlatformId",
        "ltiUserId",
        "identifier",
    ]
)
_RESULTS = frozenset(
    [
        "GradePointAverage",
        "LetterGrade",
        "Percent",
        "PerformanceLevel",
        "PredictedScore",
        "RawScore",
        "Result",
        "RubricCriterion",
        "RubricCriterionLevel",
        "RubricScore",
        "ScaledScore",
        "Status",
    ]
)
_STATUSES = frozenset(["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"])


def is_language_map(value: Any) -> bool:
    """Whether `value` holds texts by language; it may be empty."""
    found = as_object(value)
    return found is not None and all(
        isinstance(text, str) and _LANGUAGE_KEY.match(name) is not None for name, text in found.items()
    )


def _text(value: Any) -> bool:
    return isinstance(value, str) or is_language_map(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(value: Any) -> bool:
    try:
        parse_time(value, "time")
    except MalformedCredential:
        return False
    return True


def _date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == len("2026-01-31") and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _language(value: Any) -> bool:
    found = as_object(value)
    texts = [value] if found is None else list(found.values())
    return all(isinstance(text, str) and _LANGUAGE.match(text) for text in texts) and _text(value)


def _one_of(names: frozenset[str], *, extensible: bool) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, str) and (value in names or (extensible and _EXTENSION.search(value) is not None))

    return check


def _contexts(*prefixes: str) -> Callable[[Any], bool]:
    """A check that the base context comes first, and after it one with each prefix, in that order."""

    def check(value: Any) -> bool:
        items = many(value) if isinstance(value, list) else []
        if len(items) <= len(prefixes) or not all(isinstance(item, str | dict) for item in items):
            return False
        return items[0] in (CREDENTIALS_V2, CREDENTIALS_V1) and all(
            isinstance(item, str) and re.fullmatch(rf"{re.escape(prefix)}(-\d\.\d\.\d)*\.json", item)
            for item, prefix in zip(items[1:], prefixes, strict=False)
        )

    return check


KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_text, "a string"),
    "string": (lambda value: isinstance(value, str), "a string"),
    "url": (is_url, "an absolute URL"),
    "number": (_number, "a number"),
    "boolean": (lambda value: isinstance(value, bool), "true or false"),
    "time": (_time, "a time with its offset"),
    "date": (_date, "a date"),
    "jws": (lambda value: isinstance(value, str) and _JWS.match(value) is not None, "a compact JWS"),
    "language": (_language, "a language code"),
    "object": (lambda value: as_object(value) is not None, "an object"),
    "achievement type": (_one_of(_ACHIEVEMENTS, extensible=True), "a type of achievement, or ext: and a name"),
    "alignment type": (_one_of(_ALIGNMENTS, extensible=True), "a type of alignment target, or ext: and a name"),
    "identifier type": (_one_of(_IDENTIFIERS, extensible=True), "a type of identifier, or ext: and a name"),
    "result type": (_one_of(_RESULTS, extensible=True), "a type of result, or ext: and a name"),
    "result status": (_one_of(_STATUSES, extensible=False), "a status of a result"),
    "association type": (_one_of(ASSOCIATION_TYPES, extensible=False), "a type of association"),
    "contexts": (_contexts(), "a list that starts with the context of the data model"),
    "badge contexts": (_contexts(OPEN_BADGES_ALL), "the contexts of the data model and of Open Badges, in this order"),
    "record contexts": (
        _contexts(CLR_ALL, OPEN_BADGES_ALL),
        "the contexts of the data model, of CLR and of Open Badges, in this order",
    ),
}
