"""What can be looked for of a member: from what the anchor states of it, and from what it says itself at `/issuer`.

What it says itself is not signed. It may put any name and any skill there, so it is found by them; shown is the name
that the anchor approved. However long its document is, only so much of it is taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from node.services.directory import Member
from node.services.issuer_metadata import alignments, offers
from protocols.jose.encoding import JsonObject
from protocols.trust.finding import Listing, roles_of, sort_key
from protocols.trust.membership import Membership
from protocols.trust.words import haystack

MAX_NAMES = 32
MAX_OFFERS = 512
MAX_SKILLS = 1024
MAX_TEXT_CHARACTERS = 200
MAX_ID_CHARACTERS = 2048
_NAMES = ("name", "ceterms:name", "ceterms:alternateName")
_PLACE = ("addressLocality", "addressRegion", "addressCountry", "addressCountryCode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member as it is found and shown: `name` and `membership` from its anchor, the rest its own words.

    Args:
        place: town, region and country.
        types: credential types that it is registered for, and types of the achievements that it offers.
        marks: types of its trust marks that are good.
    """

    did: str
    entity_id: str
    name: str
    membership: Membership
    place: tuple[str, ...]
    types: tuple[str, ...]
    marks: tuple[str, ...]
    listing: Listing


def listed(member: Member) -> Listed:
    """A member as synced, with its listing."""
    place, types = place_of(member.metadata), types_of(member)
    marks = frozenset(mark.trust_mark_type for mark in member.marks)
    return Listed(
        did=member.did,
        entity_id=member.entity_id,
        name=member.name,
        membership=member.membership,
        place=place,
        types=types,
        marks=tuple(sorted(marks)),
        listing=_listing(member, place, types, marks),
    )


def _listing(member: Member, place: Iterable[str], types: Iterable[str], marks: frozenset[str]) -> Listing:
    events, metadata = member.membership.events, member.metadata
    skills = list(islice((each for offer in offers(metadata)[:MAX_OFFERS] for each in alignments(offer)), MAX_SKILLS))
    names = (member.name, *islice((text for name in _NAMES for text in _texts(metadata.get(name))), MAX_NAMES))
    return Listing(
        entity_id=member.entity_id,
        order=sort_key(member.name, member.entity_id),
        names="".join(haystack(name) for name in dict.fromkeys(names)),
        place=haystack(" ".join(place)),
        skills="\n".join(dict.fromkeys(haystack(name) for each in skills for name in _texts(each.get("targetName")))),
        skill_ids=frozenset(_identifiers(skills)),
        types=frozenset(each.casefold() for each in types),
        roles=roles_of(member.membership),
        marks=marks,
        state=member.membership.state,
        ends_at=events[-1].until if events else None,
    )


def place_of(metadata: JsonObject) -> tuple[str, ...]:
    """Town, region and country as an issuer's own document has them, in either vocabulary; empty where it has none."""
    address: Any = metadata.get("address")
    if isinstance(address, dict):
        parts = [cast(JsonObject, address).get(name) for name in _PLACE]
    else:
        place: Any = metadata.get("ceterms:address")
        parts = [cast(JsonObject, place).get(f"ceterms:{name}") for name in _PLACE] if isinstance(place, dict) else []
    return tuple(text for part in parts for text in islice(_texts(part), 4))


def types_of(member: Member) -> tuple[str, ...]:
    """The credential types that a member is registered for, and the types of the achievements that it offers."""
    registered = member.membership.issuer.types if member.membership.issuer else ()
    offered = (text for offer in offers(member.metadata)[:MAX_OFFERS] for text in _texts(offer.get("achievementType")))
    return tuple(dict.fromkeys((*registered, *offered)))


def _identifiers(skills: list[JsonObject]) -> Iterator[str]:
    for skill in skills:
        for name in ("targetUrl", "targetCode", "targetFramework"):
            value = skill.get(name)
            if isinstance(value, str) and len(value) <= MAX_ID_CHARACTERS:
                yield value


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value of JSON-LD: a text, several, or one by language."""
    entries: list[Any] = [value]
    if isinstance(value, dict):
        entries = list(cast(JsonObject, value).values())
    elif isinstance(value, list):
        entries = cast("list[Any]", value)
    for entry in entries:
        if isinstance(entry, str) and entry:
            yield entry[:MAX_TEXT_CHARACTERS]
