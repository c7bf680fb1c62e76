"""Who in a network fits what somebody looks for: by name, place, skill, credential type, role, state and mark.

A network has ten thousand members at most, so each is looked at: all that is compared was folded once, when its listing
was made, and what is left a member are a few searches in short texts.

Names and places are compared by the beginnings of words, without case and accents. Everything else is an identifier:
it is what was asked, or it is not; only credential types are compared without case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.trust.membership import Membership, State
from protocols.trust.words import begins_words, needles, words_of

MAX_QUERY_CHARACTERS = 200
MAX_IDENTIFIER_CHARACTERS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What can be looked for of one member; texts are `haystack`s.

    Args:
        order: what listings are sorted by: the words of its name, then its entity id.
        names: one text of every name it goes by.
        place: one text of its country, region and town.
        skills: a line a skill.
        skill_ids: URIs and codes of skills, and URIs of their frameworks.
        types: credential types, casefolded.
        marks: types of its trust marks.
        ends_at: when the suspension that `state` is ends by itself.
    """

    entity_id: str
    order: tuple[str, str]
    names: str
    place: str
    skills: str
    skill_ids: frozenset[str]
    types: frozenset[str]
    roles: frozenset[str]
    marks: frozenset[str]
    state: State
    ends_at: datetime | None

    def state_at(self, at: datetime) -> State:
        """The state at `at`, not before the last event."""
        return "member" if self.ends_at is not None and self.ends_at <= at else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: all that is given has to fit; nothing given fits everybody.

    Args:
        skill: words of one skill's name; or its URI or code, or the URI of its framework.
    """

    name: str | None = None
    place: str | None = None
    skill: str | None = None
    type: str | None = None
    role: str | None = None
    state: str | None = None
    mark: str | None = None


def find(listings: Sequence[Listing], wanted: Wanted, at: datetime) -> list[Listing]:
    """Everybody who fits as of `at`, in the order of `listings`. The cheapest questions are asked first."""
    found = listings
    if wanted.role is not None:
        found = [each for each in found if wanted.role in each.roles]
    if wanted.state is not None:
        found = [each for each in found if each.state_at(at) == wanted.state]
    if wanted.type is not None:
        credential_type = wanted.type.casefold()
        found = [each for each in found if credential_type in each.types]
    if wanted.mark is not None:
        found = [each for each in found if wanted.mark in each.marks]
    if wanted.name is not None:
        words = needles(wanted.name)
        found = [each for each in found if begins_words(words, each.names)]
    if wanted.place is not None:
        words = needles(wanted.place)
        found = [each for each in found if begins_words(words, each.place)]
    if wanted.skill is not None:
        words = needles(wanted.skill)
        found = [each for each in found if wanted.skill in each.skill_ids or _has_skill(words, each.skills)]
    return list(found)


def sort_key(name: str, entity_id: str) -> tuple[str, str]:
    """What listings are sorted by, so that a page follows the one before it whatever was synced in between."""
    return " ".join(words_of(name)), entity_id


def roles_of(membership: Membership) -> frozenset[str]:
    """The roles that a member is registered in."""
    registered = {
        "issuer": membership.issuer is not None,
        "verifier": membership.verifier is not None,
        "relay": membership.relay,
    }
    return frozenset(role for role, is_registered in registered.items() if is_registered)


def _has_skill(words: tuple[str, ...], skills: str) -> bool:
    """Whether one line has all the words; that the whole text has them is asked first, since it mostly has not."""
    return begins_words(words, skills) and any(begins_words(words, line) for line in skills.split("\n"))
