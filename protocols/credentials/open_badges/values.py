"""The parts of an Open Badges 3.0 credential as values; member names are the specification's, in snake case.

Nothing in a value is to be believed before the proofs of the credential it was read from were checked.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#data-models
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from protocols.credentials.open_badges.identity import IdentityObject
from protocols.jose.encoding import JsonObject

ONE = {"one": True}
"""Field metadata: where there is one, it is written by itself and not in a list, as 1EdTech's schema wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture: `id` is a URL, or the picture itself as a data URL."""

    id: str
    type: str = "Image"
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """One link from an achievement to an entry of a framework; `target_url` is the entry's URI."""

    target_url: str
    type: tuple[str, ...] = ("Alignment",)
    target_name: str | None = None
    target_type: str | None = None
    target_framework: str | None = None
    target_code: str | None = None
    target_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierEntry:
    """Another name of a thing, for instance its id in a register."""

    identifier: str
    identifier_type: str
    type: str = "IdentifierEntry"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoCoordinates:
    """A point, in degrees."""

    latitude: float
    longitude: float
    type: str = "GeoCoordinates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address."""

    type: tuple[str, ...] = ("Address",)
    address_country: str | None = None
    address_country_code: str | None = None
    address_region: str | None = None
    address_locality: str | None = None
    street_address: str | None = None
    post_office_box_number: str | None = None
    postal_code: str | None = None
    geo: GeoCoordinates | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An organisation or a person: an issuer, the creator of an achievement, the source of an assertion."""

    id: str
    type: tuple[str, ...] = ("Profile",)
    name: str | None = None
    url: str | None = None
    phone: str | None = None
    description: str | None = None
    endorsement: tuple[JsonObject, ...] = ()
    endorsement_jwt: tuple[str, ...] = ()
    image: Image | None = None
    email: str | None = None
    address: Address | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    official: str | None = None
    parent_org: "Profile | None" = None
    family_name: str | None = None
    given_name: str | None = None
    additional_name: str | None = None
    patronymic_name: str | None = None
    honorific_prefix: str | None = None
    honorific_suffix: str | None = None
    family_name_prefix: str | None = None
    date_of_birth: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What had to be done: a page, a text, or both."""

    id: str | None = None
    narrative: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricCriterionLevel:
    """One level of a rubric; `level` and `points` are text, as the specification has them."""

    id: str
    name: str
    type: tuple[str, ...] = ("RubricCriterionLevel",)
    description: str | None = None
    level: str | None = None
    points: str | None = None
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDescription:
    """What a result of this achievement can be; `value_min`, `value_max` and the values themselves are text."""

    id: str
    name: str
    result_type: str
    type: tuple[str, ...] = ("ResultDescription",)
    allowed_value: tuple[str, ...] = ()
    required_level: str | None = None
    required_value: str | None = None
    value_min: str | None = None
    value_max: str | None = None
    rubric_criterion_level: tuple[RubricCriterionLevel, ...] = ()
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another achievement that has to do with this one."""

    id: str
    type: tuple[str, ...] = ("Related",)
    in_language: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievement:
    """What can be achieved; the same for everybody who achieved it. `credits_available` is in whatever unit it is."""

    id: str
    name: str
    description: str
    criteria: Criteria
    type: tuple[str, ...] = ("Achievement",)
    achievement_type: str | None = None
    alignment: tuple[Alignment, ...] = ()
    creator: Profile | None = None
    credits_available: float | None = None
    endorsement: tuple[JsonObject, ...] = ()
    endorsement_jwt: tuple[str, ...] = ()
    field_of_study: str | None = None
    human_code: str | None = None
    image: Image | None = None
    in_language: str | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    related: tuple[Related, ...] = ()
    result_description: tuple[ResultDescription, ...] = ()
    specialization: str | None = None
    tag: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of the subject; `result_description` and `achieved_level` are ids in the achievement."""

    type: tuple[str, ...] = ("Result",)
    result_description: str | None = None
    achieved_level: str | None = None
    value: str | None = None
    status: str | None = None
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AchievementSubject:
    """Who achieved it, and how: named by `id`, by `identifier`, or by both."""

    achievement: Achievement | None = None
    type: tuple[str, ...] = ("AchievementSubject",)
    id: str | None = None
    identifier: tuple[IdentityObject, ...] = ()
    activity_start_date: datetime | None = None
    activity_end_date: datetime | None = None
    credits_earned: float | None = None
    image: Image | None = None
    license_number: str | None = None
    narrative: str | None = None
    result: tuple[Result, ...] = ()
    role: str | None = None
    source: Profile | None = None
    term: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something that shows the achievement: `id` is where it is, if it is anywhere."""

    type: tuple[str, ...] = ("Evidence",)
    id: str | None = None
    narrative: str | None = None
    name: str | None = None
    description: str | None = None
    genre: str | None = None
    audience: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """An AchievementCredential without its proofs.

    `endorsement` are credentials of their own, embedded; `endorsement_jwt` such credentials as tokens. What other
    specifications define (status, schema, refresh, terms) is kept as it stands.
    """

    id: str
    issuer: Profile
    subject: tuple[AchievementSubject, ...] = field(metadata={"json": "credentialSubject", **ONE})
    name: str | None = None
    description: str | None = None
    image: Image | None = None
    awarded_date: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    endorsement: tuple[JsonObject, ...] = ()
    endorsement_jwt: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    credential_status: tuple[JsonObject, ...] = field(default=(), metadata=ONE)
    credential_schema: tuple[JsonObject, ...] = ()
    refresh_service: tuple[JsonObject, ...] = field(default=(), metadata=ONE)
    terms_of_use: tuple[JsonObject, ...] = ()
