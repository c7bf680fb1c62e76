"""What an entity configuration says about trust marks: those it holds, where it answers for its own, an anchor's rules.

Specs: https://openid.net/specs/openid-federation-1_0.html#section-3.1.2 and #section-5.1.1
"""

from datetime import datetime

from node.services.mark_rules import own_rules
from node.storage.repos import federation, held_marks, trust_marks
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject
from protocols.trust.claims import MAX_MARKS
from protocols.trust.mark_validation import MarkRules
from protocols.trust.marks import parse_mark

MAX_PUBLISHED_BYTES = 24 * 1024
"""Of marks in one configuration, which has to fit into a statement."""


def mark_endpoints(session: Session, entity_id: str) -> JsonObject:
    """Where this node answers for the marks it issues; {} where it issues none."""
    network = federation.network(session)
    is_anchor = network is not None and network.role == federation.ANCHOR
    if not is_anchor and not trust_marks.has_grants(session):
        return {}
    return {
        "federation_trust_mark_endpoint": f"{entity_id}/federation/trust_mark",
        "federation_trust_mark_list_endpoint": f"{entity_id}/federation/trust_marked_list",
        "federation_trust_mark_status_endpoint": f"{entity_id}/federation/trust_mark_status",
    }


def mark_claims(session: Session, now: datetime) -> JsonObject:
    """The claims `trust_marks`, `trust_mark_issuers` and `trust_mark_owners`, each where there is something to say."""
    claims: JsonObject = {}
    held = _held(session, now)
    if held:
        claims["trust_marks"] = held
    network = federation.network(session)
    if network is not None and network.role == federation.ANCHOR:
        claims |= rules_json(own_rules(session, network.anchor))
    return claims


def rules_json(rules: MarkRules) -> JsonObject:
    """An anchor's rules as claims."""
    claims: JsonObject = {"trust_mark_issuers": {name: list(issuers) for name, issuers in rules.issuers.items()}}
    if rules.owners:
        claims["trust_mark_owners"] = {name: owner.to_json() for name, owner in rules.owners.items()}
    return claims


def _held(session: Session, now: datetime) -> list[JsonObject]:
    """Those that have not expired, as many as there is room for."""
    found: list[JsonObject] = []
    room = MAX_PUBLISHED_BYTES
    for row in held_marks.held(session):
        if row.token is None or len(row.token) > room or not parse_mark(row.token).is_current(now):
            continue
        if len(found) == MAX_MARKS:
            break
        room -= len(row.token)
        # `id` is what earlier drafts called the type, and readers of those refuse a configuration without it
        named = dict.fromkeys(("id", "trust_mark_type"), row.trust_mark_type)
        found.append({**named, "trust_mark": row.token})
    return found
