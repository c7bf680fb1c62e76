"""Which trust marks count in our network: by what its anchor says, and by whose keys the anchor states.

Nothing is fetched: the anchor's configuration and the statements about issuers are those that were synced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.storage.repos import federation as rows
from node.storage.repos import trust_marks
from node.storage.unit import Session
from protocols.jose.jws import parse_compact
from protocols.jose.keys import PublicKey
from protocols.trust.claims import MAX_MARKS
from protocols.trust.entity import did_of
from protocols.trust.jwks import parse_jwks
from protocols.trust.mark_validation import MarkOwner, MarkRules, validate_mark
from protocols.trust.marks import TrustMark, parse_mark
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import list_of, object_of
from protocols.trust.statement import MAX_STATEMENT_BYTES, expiry_of

GOOD_STANDING_PATH = "/marks/member-good-standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A mark that somebody published: `refused` is the rule that it breaks, None where it is good."""

    mark: TrustMark | None
    refused: str | None


def good_standing_type(anchor: str) -> str:
    """The type of the mark that an anchor gives every member in good standing."""
    return f"{anchor}{GOOD_STANDING_PATH}"


def network_rules(session: Session) -> MarkRules:
    """What the anchor of our network says about marks, as synced, or as set here where we are it.

    Nothing is recognised where this node is in no network, or has not synced yet.
    """
    network = rows.network(session)
    if network is None:
        return MarkRules()
    if network.role == rows.ANCHOR:
        return own_rules(session, network.anchor)
    anchor = rows.peer(session, did_of(network.anchor))
    if anchor is None or anchor.configuration_jws is None:
        return MarkRules()
    try:
        return MarkRules.parse(parse_compact(anchor.configuration_jws, max_bytes=MAX_STATEMENT_BYTES).claims)
    except StatementRefused:
        return MarkRules()  # an anchor of another make, whose types are named in ways that are not read here


def own_rules(session: Session, anchor: str) -> MarkRules:
    """What this node says about marks as the anchor of its network."""
    issuers: dict[str, tuple[str, ...]] = {good_standing_type(anchor): (anchor,)}
    owners: dict[str, MarkOwner] = {}
    for row in trust_marks.types(session):
        keys = _owner_keys(session, row)
        if row.owner is not None and keys is None:
            continue  # an owner whose keys are not known yet: without them its marks could be anybody's
        issuers[row.trust_mark_type] = tuple(row.issuers)
        if row.owner is not None and keys is not None:
            owners[row.trust_mark_type] = MarkOwner(entity_id=row.owner, jwks=keys)
    return MarkRules(issuers=issuers, owners=owners)


def keys_of(session: Session, entity_id: str, now: datetime) -> Mapping[str, PublicKey] | None:
    """The federation keys of a member in good standing, as its anchor states them; None without such a chain."""
    network = rows.network(session)
    if network is not None and network.anchor == entity_id:
        return parse_jwks(network.jwks)
    peer = rows.peer(session, did_of(entity_id))
    if network is None or peer is None or peer.statement_jws is None or peer.membership is None:
        return None
    if expiry_of(peer.statement_jws) <= now or Membership.parse(peer.membership).state_at(now)[0] != "member":
        return None
    return parse_jwks(parse_compact(peer.statement_jws, max_bytes=MAX_STATEMENT_BYTES).claims["jwks"])


def judge(session: Session, token: str, holder: str, now: datetime, rules: MarkRules | None = None) -> Judged:
    """One mark of `holder`, by the rules of our network; `rules` are those, where they are at hand."""
    mark: TrustMark | None = None
    try:
        mark = parse_mark(token)
        keys, rules = keys_of(session, mark.iss, now), rules or network_rules(session)
        validate_mark(mark, holder=holder, issuer_keys=keys, rules=rules, now=now)
        _check_good_standing(session, mark, now)
    except StatementRefused as refusal:
        return Judged(mark=mark, refused=refusal.rule)
    return Judged(mark=mark, refused=None)


def published(session: Session, claims: Mapping[str, Any], holder: str, now: datetime) -> Sequence[Judged]:
    """Every mark in the claims of `holder`'s configuration."""
    tokens = list(marks_in(claims))
    rules = network_rules(session) if tokens else None
    return [judge(session, token, holder, now, rules) for token in tokens]


def marks_in(claims: Mapping[str, Any]) -> Iterable[str]:
    """The tokens in `trust_marks` of a configuration that was parsed, so that their form is known."""
    for entry in list_of(claims.get("trust_marks", []), rule="trust_marks", at_most=MAX_MARKS, at_least=0):
        yield str(object_of(entry, rule="trust_marks").get("trust_mark"))


def _check_good_standing(session: Session, mark: TrustMark, now: datetime) -> None:
    """The anchor's word about a membership is its statement: a mark that says otherwise is older than that."""
    network = rows.network(session)
    if network is None or mark.trust_mark_type != good_standing_type(network.anchor):
        return
    peer = rows.peer(session, did_of(mark.sub))
    state = Membership.parse(peer.membership).state_at(now)[0] if peer and peer.membership else "none"
    if state != "member":
        raise StatementRefused(
            "a mark of good standing of somebody who is not", rule="not_in_good_standing", found=state
        )


def _owner_keys(session: Session, row: trust_marks.MarkType) -> Mapping[str, PublicKey] | None:
    """The keys that were given for an owner, else those that it publishes as a member."""
    if row.owner is None:
        return None
    if row.owner_jwks is not None:
        return parse_jwks(row.owner_jwks)
    network = rows.network(session)
    if network is not None and network.anchor == row.owner:
        return parse_jwks(network.jwks)
    peer = rows.peer(session, did_of(row.owner))
    if peer is None or peer.configuration_jws is None:
        return None
    return parse_jwks(parse_compact(peer.configuration_jws, max_bytes=MAX_STATEMENT_BYTES).claims["jwks"])
