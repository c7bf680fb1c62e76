"""Skills by name, for a person who is choosing what to ask for."""

import re
from collections.abc import Iterable
from heapq import nsmallest

from protocols.skills.framework import Skill

MAX_QUERY_CHARACTERS = 200
MAX_RESULTS = 100
_WORD = re.compile(r"\w+")


def search(skills: Iterable[Skill], query: str, limit: int) -> tuple[Skill, ...]:
    """At most `limit` skills for `query`, the best first, always in the same order.

    Ranked: URI, code or whole name equal; name begins with the query; every word of the query begins a word of the
    name; every word of it stands somewhere in the name. Within a rank shorter names come first, then by name and URI.
    Case does not matter; an empty query finds nothing.
    """
    wanted = " ".join(query[:MAX_QUERY_CHARACTERS].casefold().split())
    words = _WORD.findall(wanted)
    if not wanted:
        return ()
    found = ((rank, skill) for skill in skills if (rank := _rank(skill, wanted, words)) is not None)
    best = nsmallest(
        max(0, min(limit, MAX_RESULTS)),
        found,
        key=lambda entry: (entry[0], len(entry[1].name), entry[1].name, entry[1].uri),
    )
    return tuple(skill for _, skill in best)


def _rank(skill: Skill, wanted: str, words: list[str]) -> int | None:
    name = skill.name.casefold()
    if wanted in (name, skill.uri.casefold(), (skill.code or "").casefold()):
        return 0
    if name.startswith(wanted):
        return 1
    if not words:
        return None
    name_words = _WORD.findall(name)
    if all(any(candidate.startswith(word) for candidate in name_words) for word in words):
        return 2
    return 3 if all(word in name for word in words) else None
