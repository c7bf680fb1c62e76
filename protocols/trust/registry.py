"""The members of a network as a known-issuer registry, in the shape of the Digital Credentials Consortium.

    {"meta": {"created", "updated"}, "registry": {DID: {"name", "location", "url"}}}

It is unsigned and says who is there now, nothing more: no date can be asked about and no type is named. Whoever is not
in good standing, or issues nothing, is not in it, since its readers take everybody in it for a known issuer.

Spec: https://github.com/digitalcredentials/issuer-registry-client#usage
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from protocols.jose.encoding import JsonObject
from protocols.trust.membership import Membership
from protocols.trust.times import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """One known issuer; `name` as the anchor approved it."""

    did: str
    name: str
    url: str


def known_issuers(entries: Iterable[RegistryEntry], history: Iterable[Membership], now: datetime) -> JsonObject:
    """The registry of `entries`.

    Args:
        history: everybody who is or was a member: since when there is a network, and when anybody's standing changed.
    """
    changes = sorted(_changes(history, now))
    return {
        "meta": {"created": format_instant(changes[0]), "updated": format_instant(changes[-1])} if changes else {},
        "registry": {entry.did: {"name": entry.name, "location": "", "url": entry.url} for entry in entries},
    }


def _changes(history: Iterable[Membership], now: datetime) -> Iterable[datetime]:
    """When standings changed up to `now`, the ends of suspensions that end by themselves among it."""
    for membership in history:
        for event in membership.events:
            yield from (at for at in (event.at, event.until) if at is not None and at <= now)
