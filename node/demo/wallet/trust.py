"""Whom this wallet believes about others: the anchors its institutions gave it, and what chains to them prove."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.demo.wallet.rows import relations
from protocols.dids.shapes import as_object
from protocols.errors import ProtocolError
from protocols.jose.encoding import digest
from protocols.jose.keys import PublicKey
from protocols.trust.chain import Anchors, validate_chain
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks
from protocols.trust.presented_chain import standing_from_chain
from protocols.trust.registration import VerifierRegistration
from protocols.trust.standing import TrustDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks, as far as the network says so; `name` and the rest are None unless `standing` rests on a valid chain.

    `trust_hash` is the digest of the anchor's statement that was believed.
    """

    did: str
    standing: TrustDecision
    name: str | None = None
    voucher: str | None = None
    registration: VerifierRegistration | None = None
    trust_hash: str | None = None

    @property
    def is_in_good_standing(self) -> bool:
        return self.standing.outcome == "yes" and self.name is not None and self.registration is not None


def anchors_of(db: sqlite3.Connection) -> Anchors:
    """The anchors of every institution this learner is enrolled at, by entity id, with their keys."""
    found: dict[str, dict[str, PublicKey]] = {}
    for relation in relations.relations(db):
        for anchor in relation.anchors:
            entity_id, jwks = _anchor(anchor)
            if jwks:
                found.setdefault(entity_id, {}).update(jwks)
    return found


def requester_of(chain: Sequence[str], did: str, anchors: Anchors, now: datetime) -> Requester:
    """Who `did` is and what it may ask, by the chain it brought along. Never raises for a bad chain."""
    presented = standing_from_chain(chain, did, anchors, "verifier", now)
    if presented.membership is None:
        return Requester(did=did, standing=presented.decision)
    valid = validate_chain(chain, anchors=anchors, now=now)
    return Requester(
        did=did,
        standing=presented.decision,
        name=presented.name,
        voucher=valid.statements[-1].organization_name or presented.anchor,
        registration=presented.membership.verifier,
        trust_hash=digest(valid.vouching.token.encode("ascii")),
    )


def _anchor(value: Any) -> tuple[str, dict[str, PublicKey]]:
    """One that came as a bare id, or malformed, cannot be believed and is left out."""
    fields = as_object(value) or {}
    try:
        return check_entity_id(fields.get("entity_id")), parse_jwks(fields.get("jwks"))
    except ProtocolError:
        return "", {}
