"""Standing from a chain that the asker brings along (`trust_chain` in the header of its signed request).

A wallet that knows its network's anchor can so tell, without any network call, who asks and what they may ask for;
nobody learns that it looked. The name shown is the one that the anchor approved, never the asker's own.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-4.3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from protocols.trust.chain import MAX_CHAIN_LENGTH, Anchors, validate_chain
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import texts_of
from protocols.trust.standing import Outcome, Role, TrustDecision, standing
from protocols.trust.statement import expiry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedStanding:
    """What a presented chain proves. All but `decision` are None unless the chain is valid and about the DID."""

    decision: TrustDecision
    name: str | None = None
    entity_id: str | None = None
    anchor: str | None = None
    membership: Membership | None = None


def trust_chain_of(header: Mapping[str, Any]) -> tuple[str, ...]:
    """The `trust_chain` of a JWS header; empty where there is none.

    Raises:
        StatementRefused: `trust_chain`, when it is there but not an array of a few tokens.
    """
    if "trust_chain" not in header:
        return ()
    return texts_of(cast("object", header["trust_chain"]), rule="trust_chain", at_most=MAX_CHAIN_LENGTH)


def standing_from_chain(
    trust_chain: Sequence[str], did: str, anchors: Anchors, role: Role, now: datetime
) -> PresentedStanding:
    """The standing of `did` in `role` now, by the chain it presented and anchors known out of band.

    Never raises for a bad chain: it is an answer. A chain that held until it went out of date is "could not tell"
    (`chain_expired`), any other broken rule is a no with the cause `chain_` and the rule's name, and so is a forged
    chain that is dated back; a valid chain about another DID is a no (`chain_of_another`).
    """
    if not trust_chain:
        return PresentedStanding(decision=_decided("no", "It shows no membership of any network.", "no_chain"))
    try:
        chain = validate_chain(trust_chain, anchors=anchors, now=now)
    except StatementRefused as refusal:
        if refusal.rule == "expired" and _held_until_it_expired(trust_chain, anchors):
            decision = _decided("could_not_tell", "The membership it shows is out of date.", "chain_expired")
        else:
            decision = _decided(
                "no", f"The membership it shows is not valid: {refusal.detail}.", f"chain_{refusal.rule}"
            )
        return PresentedStanding(decision=decision)
    membership = chain.membership
    if membership is None:
        return PresentedStanding(decision=standing(None, role=role, at=now, now=now))
    if membership.did != did:
        return PresentedStanding(
            decision=_decided("no", "The membership it shows is somebody else's.", "chain_of_another")
        )
    return PresentedStanding(
        decision=standing(membership, role=role, at=now, now=now, statement_fresh_until=chain.exp),
        name=chain.vouching.organization_name,
        entity_id=chain.subject,
        anchor=chain.anchor,
        membership=membership,
    )


def _held_until_it_expired(trust_chain: Sequence[str], anchors: Anchors) -> bool:
    """Whether the chain was valid in the last second before the first of its statements expired."""
    try:
        validate_chain(trust_chain, anchors=anchors, now=min(map(expiry_of, trust_chain)) - timedelta(seconds=1))
    except StatementRefused:
        return False
    return True


def _decided(outcome: Outcome, reason: str, cause: str) -> TrustDecision:
    return TrustDecision(outcome=outcome, reason=reason, cause=cause)
