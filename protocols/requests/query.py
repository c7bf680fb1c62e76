"""What is asked for: skills and credentials, in the asker's own order, and which credentials of a wallet answer.

Ours, because none of the published query languages can say "a credential aligned with this skill". It travels as an
attachment of format `QUERY_FORMAT`, inside a signed request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject
from protocols.requests.members import MAX_URI, Members

QUERY_FORMAT = "https://w3id.org/ler-exchange/presentation-query@v1.0"
MAX_ITEMS = 20
MAX_CLAIMS = 20

_SAME_TYPE = frozenset({"OpenBadgeCredential", "AchievementCredential"})
"""Open Badges 3.0 section B.1.1: two names of one class."""
_SELECTIVE_SUITES = frozenset({"ecdsa-sd-2023", "bbs-2023"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill by its framework's own URI, and its name as the asker read it."""

    uri: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryItem:
    """One thing asked for.

    `claims` are JSON pointers into the credential; none at all asks for the whole credential, which is what a
    credential without selective disclosure can only be given as.
    """

    id: str
    credential_type: str
    skill: Skill | None = None
    required: bool = True
    claims: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        value: JsonObject = {"id": self.id, "type": self.credential_type, "required": self.required}
        if self.skill is not None:
            value["skill"] = {"uri": self.skill.uri, "name": self.skill.name}
        if self.claims:
            value["claims"] = list(self.claims)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationQuery:
    """1 to 20 items with different ids."""

    items: tuple[QueryItem, ...]

    def to_json(self) -> JsonObject:
        return {"items": [item.to_json() for item in self.items]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One credential that answers an item. `why` is a sentence for the learner; `alignment` the URI it rests on."""

    credential: int
    why: str
    alignment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnswer:
    """Which credentials (by index) answer one item; none is an answer too, and `missing` says why."""

    item: str
    matches: tuple[Match, ...]
    missing: str | None = None


def parse_query(value: Any) -> PresentationQuery:
    """The query in a JSON object.

    Raises:
        MalformedMessage: a member missing, unknown or of the wrong form; two items of one id.
        TooLarge: more than 20 items, or 20 claims in one.
    """
    members = Members(value, "query")
    items = members.items("items", MAX_ITEMS, _item, min_count=1)
    members.done()
    if len({item.id for item in items}) != len(items):
        raise MalformedMessage("two items of a query have one id", expected="ids that differ")
    return PresentationQuery(items=items)


def claims_asked(query: PresentationQuery) -> tuple[str, ...]:
    """What the query would have disclosed, as verifiers are registered for it, sorted, each once.

    `OpenBadgeCredential` for a whole credential, `OpenBadgeCredential#/credentialSubject/achievement` for a part.
    """
    found = {claim for item in query.items for claim in claim_names(item.credential_type, item.claims)}
    return tuple(sorted(found))


def claim_names(credential_type: str, claims: Sequence[str]) -> tuple[str, ...]:
    """`claims` of a credential type in the form of `claims_asked`."""
    return tuple(f"{credential_type}#{claim}" for claim in claims) if claims else (credential_type,)


def is_of_type(asked: str, found: Iterable[str]) -> bool:
    """Whether one of the types `found` is the type `asked`, or another name of the same class."""
    names = _SAME_TYPE if asked in _SAME_TYPE else {asked}
    return not names.isdisjoint(found)


def within(item: QueryItem, credential_type: str, claims: Sequence[str]) -> bool:
    """Whether disclosing `claims` of a credential of `credential_type` stays inside what `item` asks for."""
    if not is_of_type(item.credential_type, (credential_type,)):
        return False
    return not item.claims or (bool(claims) and all(is_under(claim, item.claims) for claim in claims))


def is_under(pointer: str, roots: Iterable[str]) -> bool:
    """Whether `pointer` is one of `roots` or points into the value at one of them."""
    return any(pointer == root or pointer.startswith(f"{root}/") for root in roots)


def answer(query: PresentationQuery, credentials: Sequence[JsonObject]) -> tuple[ItemAnswer, ...]:
    """For each item, in the query's order, which of the wallet's `credentials` answer it and why.

    A skill is met by an alignment with exactly its URI; going through crosswalks is the asker's business, who trusts
    them or not.
    """
    return tuple(_answer_item(item, credentials) for item in query.items)


def alignments(credential: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The alignment objects of every achievement of an Open Badge, in document order."""
    found: list[Mapping[str, Any]] = []
    for subject in objects(credential.get("credentialSubject")):
        for achievement in objects(subject.get("achievement")):
            found.extend(objects(achievement.get("alignment")))
    return tuple(found)


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects in a member that may hold one object, a list of them, or nothing."""
    items = cast(list[Any], value) if isinstance(value, list) else [value]
    return tuple(cast(JsonObject, item) for item in items if isinstance(item, dict))


def type_names(value: Any) -> tuple[str, ...]:
    """The strings of a `type` member, which may be one string or a list."""
    items = cast(list[Any], value) if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))


def _answer_item(item: QueryItem, credentials: Sequence[JsonObject]) -> ItemAnswer:
    typed = [n for n, held in enumerate(credentials) if is_of_type(item.credential_type, type_names(held.get("type")))]
    if not typed:
        return ItemAnswer(item=item.id, matches=(), missing=f"no {item.credential_type} is held")
    named = [match for n in typed if (match := _match(item, n, credentials[n]))]
    if not named:
        return ItemAnswer(item=item.id, matches=(), missing="no credential held is aligned with this skill")
    fitting = tuple(match for match in named if not item.claims or _is_selective(credentials[match.credential]))
    if not fitting:
        return ItemAnswer(item=item.id, matches=(), missing="what is held can only be shared whole")
    return ItemAnswer(item=item.id, matches=fitting)


def _match(item: QueryItem, index: int, credential: JsonObject) -> Match | None:
    if item.skill is None:
        return Match(credential=index, why=f"it is of the type asked for, {item.credential_type}")
    for alignment in alignments(credential):
        if alignment.get("targetUrl") == item.skill.uri:
            why = f"its achievement is aligned with exactly this skill, {item.skill.name}"
            return Match(credential=index, why=why, alignment=item.skill.uri)
    return None


def _is_selective(credential: JsonObject) -> bool:
    return any(proof.get("cryptosuite") in _SELECTIVE_SUITES for proof in objects(credential.get("proof")))


def _item(value: Any) -> QueryItem:
    members = Members(value, "query item")
    skill = members.take("skill")
    item = QueryItem(
        id=members.identifier("id"),
        credential_type=members.type_name("type"),
        skill=None if skill is None else _skill(skill),
        required=members.boolean("required"),
        claims=members.pointers("claims", MAX_CLAIMS),
    )
    members.done()
    return item


def _skill(value: Any) -> Skill:
    members = Members(value, "skill")
    skill = Skill(uri=members.text("uri", MAX_URI), name=members.text("name", 300))
    members.done()
    return skill
