"""Who could carry a message: the relays of the network, and the choice of one as exit.

The directory is fetched whole, since a wallet that asked for one member would tell its entry whom it is about to speak
to. The entry is believed in nothing: a member counts by its chain of statements to an anchor that was known before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from node.demo.wallet.errors import Refused
from protocols.jose.encoding import parse_object
from protocols.trust.chain import Anchors
from protocols.trust.directory import Listed
from protocols.trust.directory import read_directory as read_listed
from protocols.trust.entity import entity_id_of

PATH = "/federation/directory"
MAX_DIRECTORY_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A member in good standing that offers to relay. `is_network`: it is the anchor's own node."""

    did: str
    host: str
    is_network: bool


def read_relays(body: bytes, anchors: Anchors, now: datetime) -> tuple[Relay, ...]:
    """The relays in a directory; whoever cannot prove to be one is left out.

    Raises:
        MalformedMessage, StatementRefused: not a directory, or of an anchor that is not known.
    """
    listed = read_listed(parse_object(body, max_bytes=MAX_DIRECTORY_BYTES), anchors, now)
    return tuple(_relay(member) for member in listed if member.standing("relay", now).outcome == "yes")


def choose_exit(
    relays: Sequence[Relay], *, entry: str, asker: str, issuers: frozenset[str], draw: Callable[[int], int]
) -> Relay:
    """One at random: never the entry or the asker or a node on the host of either, rather not an issuer of what the
    learner holds, and the network's own node only where there is no other.

    Args:
        draw: given n, a number below n.

    Raises:
        Refused: there is none, and a single relay would know both sides.
    """
    taken = {host_of(entry), host_of(asker)}
    others = [relay for relay in relays if relay.host not in taken]
    members = [relay for relay in others if not relay.is_network]
    for candidates in ([relay for relay in members if relay.did not in issuers], members, others):
        if candidates:
            return candidates[draw(len(candidates))]
    raise Refused("the network has no other member that would carry this", expected="a relay on a third host")


def host_of(did: str) -> str:
    """Host and port of a node's did:web: who operates it, as far as relays are kept apart by it."""
    return urlsplit(entity_id_of(did)).netloc


def _relay(member: Listed) -> Relay:
    return Relay(did=member.did, host=host_of(member.did), is_network=member.entity_id == member.chain.anchor)
