"""How much an achievement tells a program that has only its description: a score, and what is missing.

A badge that names its skills in a sentence is understood by people and lost on everybody else. Nothing here refuses
anything: an achievement of score 0 is still an achievement.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#achievement-0, #alignment and #resultdescription
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from protocols.jose.encoding import JsonObject

FULL = 100
COSTS = {
    "no_alignment": 30,
    "only_free_text": 10,
    "alignment_without_target_url": 15,
    "dead_target_url": 15,
    "no_target_type": 10,
    "no_criteria": 20,
    "no_assessment": 15,
    "no_level": 10,
    "accreditation_without_mark": 15,
}
"""What each rule costs once, however often it is broken: one that is broken everywhere says it with its places."""
MAX_PLACES = 20
ACCREDITED_BY = "ceterms:accreditedBy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One rule that is broken: in one sentence, with the JSON pointers of where."""

    rule: str
    message: str
    places: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        return {"rule": self.rule, "message": self.message, "places": list(self.places)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What was found, the dearest first; `score` is 100 where that is nothing."""

    found: tuple[Found, ...]

    @property
    def score(self) -> int:
        return max(0, FULL - sum(COSTS[each.rule] for each in self.found))

    def to_json(self) -> JsonObject:
        return {"score": self.score, "findings": [each.to_json() for each in self.found]}


def lint(achievement: JsonObject, *, accredited: Collection[str] = (), dead: Collection[str] = ()) -> Lint:
    """What is missing in an Open Badges 3.0 achievement, anybody's.

    Args:
        accredited: ids of the accreditors of whom the issuer holds a mark that was verified.
        dead: target URLs at which nothing was found.
    """
    alignments, results = _objects(achievement, "alignment"), _objects(achievement, "resultDescription")
    found = (
        *_skills(achievement, alignments, dead),
        *_earning(achievement, results),
        *_accreditation(achievement, accredited),
    )
    return Lint(found=tuple(sorted(found, key=lambda each: (-COSTS[each.rule], each.rule))))


def target_urls(achievement: JsonObject) -> tuple[str, ...]:
    """The web addresses that its alignments point to, each once: those that can be looked at."""
    urls = (entry.get("targetUrl") for _, entry in _objects(achievement, "alignment"))
    return tuple(dict.fromkeys(url for url in urls if isinstance(url, str) and url.startswith("https://")))


def _skills(achievement: JsonObject, alignments: list[tuple[str, JsonObject]], dead: Collection[str]) -> list[Found]:
    if not alignments:
        found = [Found(rule="no_alignment", message="It is aligned to no skill of a framework.")]
        if achievement.get("tag"):
            found.append(Found(rule="only_free_text", message="Its skills are tags: words, which no program compares."))
        return found
    rules = {
        "alignment_without_target_url": (
            "An alignment has no URI: which skill it means is left to the reader.",
            [place for place, entry in alignments if not _is_text(entry.get("targetUrl"))],
        ),
        "no_target_type": (
            "An alignment does not say what it points to, as CFItem or ceasn:Competency.",
            [place for place, entry in alignments if not _is_text(entry.get("targetType"))],
        ),
        "dead_target_url": (
            "An alignment points to an address at which nothing was found.",
            [place for place, entry in alignments if _is_one_of(entry.get("targetUrl"), dead)],
        ),
    }
    return [
        Found(rule=rule, message=message, places=tuple(places[:MAX_PLACES]))
        for rule, (message, places) in rules.items()
        if places
    ]


def _earning(achievement: JsonObject, results: list[tuple[str, JsonObject]]) -> list[Found]:
    """How it is earned, assessed, and at which level."""
    found: list[Found] = []
    criteria: Any = achievement.get("criteria")
    stated = cast(JsonObject, criteria) if isinstance(criteria, dict) else {}
    if not any(_is_text(stated.get(name)) for name in ("id", "narrative")):
        found.append(Found(rule="no_criteria", message="It does not say what had to be done."))
    if not results:
        found.append(Found(rule="no_assessment", message="It does not say how it is assessed: no resultDescription."))
    if not any(_objects(entry, "rubricCriterionLevel") or entry.get("allowedValue") for _, entry in results):
        found.append(Found(rule="no_level", message="It has no levels: that it was reached is all that can be said."))
    return found


def _accreditation(achievement: JsonObject, accredited: Collection[str]) -> list[Found]:
    named = achievement.get(ACCREDITED_BY)
    entries: list[Any] = cast("list[Any]", named) if isinstance(named, list) else [] if named is None else [named]
    unverified = [
        f"/{ACCREDITED_BY}/{number}"
        for number, entry in enumerate(entries)
        if not _is_one_of(cast(JsonObject, entry).get("id") if isinstance(entry, dict) else entry, accredited)
    ]
    if not unverified:
        return []
    message = "It names an accreditor of whom no mark can be verified: anybody can write that."
    return [Found(rule="accreditation_without_mark", message=message, places=tuple(unverified[:MAX_PLACES]))]


def _objects(holder: Mapping[str, Any], name: str) -> list[tuple[str, JsonObject]]:
    """The objects of a member, by their JSON pointers; one that is no list is as good as one in a list."""
    value = holder.get(name)
    entries: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    numbered = enumerate(entries)
    return [(f"/{name}/{number}", cast(JsonObject, entry)) for number, entry in numbered if isinstance(entry, dict)]


def _is_one_of(value: object, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
