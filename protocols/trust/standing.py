"""What a member was on a day, in one role: the answer that reports, wallets and relays build on.

Three answers, never two: what has not been synced, or may have changed since, is "could not tell". A no that the
append-only events prove for that day stays a no however old the statement is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from protocols.trust.membership import Membership, MembershipEvent, State
from protocols.trust.registration import covers
from protocols.trust.times import format_instant

Role = Literal["issuer", "verifier", "relay"]
Outcome = Literal["yes", "no", "could_not_tell"]

_THEN: dict[State, tuple[str, str]] = {
    "none": ("not_a_member_then", "was not a member of the network yet"),
    "applied": ("not_approved_then", "had applied but was not approved"),
    "suspended": ("suspended_then", "was suspended"),
    "left": ("left_then", "had left the network"),
    "removed": ("removed_then", "had been removed from the network"),
    "closed": ("closed_then", "had closed"),
    "merged": ("merged_then", "had merged into another institution"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustDecision:
    """`reason` is a sentence for people, `cause` its stable slug; `since` is when the state it rests on began."""

    outcome: Outcome
    reason: str
    cause: str
    since: datetime | None = None


def standing(
    membership: Membership | None,
    *,
    role: Role | None,
    at: datetime,
    now: datetime,
    credential_type: str | None = None,
    claim: str | None = None,
    statement_fresh_until: datetime | None = None,
    is_synced: bool = True,
    attested_at: datetime | None = None,
    key_until: datetime | None = None,
) -> TrustDecision:
    """Whether this was a member in good standing, registered for `role`, as of `at`.

    Args:
        membership: from a valid chain; None where the network knows no such member.
        role: None asks for good standing alone, whatever it is registered for.
        at: the day in question; for a credential its signing date, for a request or a relay usually `now`.
        credential_type: for the role issuer, the type that must be registered; None asks for the role alone.
        claim: for the role verifier, what its registration must cover; None asks for the role alone.
        statement_fresh_until: `exp` of the chain that `membership` came with; None for the anchor's own records.
        is_synced: False while the network has not been asked yet: then a missing membership says nothing.
        attested_at: when others than the signer saw what it signed; None where nobody did. A signer whose standing
            changed after `at` could have written that date later, so then its own word is not enough.
        key_until: when the key that signed went out of use: whoever has it could have written `at` later, too.
    """
    if membership is None:
        if is_synced:
            return _no("Not a member of the network.", "not_a_member")
        return _unknown("The network's members have not been synced yet.", "not_yet_synced")
    if at > now:
        return _unknown("The date asked about has not come yet.", "date_in_the_future")
    state, event = membership.state_at(at)
    since = event.at if event else None
    is_stale = statement_fresh_until is not None and now >= statement_fresh_until
    if is_stale and statement_fresh_until is not None and at >= statement_fresh_until:
        return _unknown(f"The membership was last confirmed until {_day(statement_fresh_until)}.", "membership_stale")
    if state != "member":
        cause, words = _THEN[state]
        return _no(f"On {_day(at)} it {words}{_detail(event)}.", cause, since)
    if is_stale and statement_fresh_until is not None:
        return _unknown(
            f"A member on {_day(at)}, but nothing is known since {_day(statement_fresh_until)}.",
            "membership_stale",
            since,
        )
    changes = [(change.at, change.event) for change in membership.events]
    changes += [] if key_until is None else [(key_until, "its key replaced")]
    later = min(((day, what) for day, what in changes if at < day <= now), default=None)
    if role == "issuer" and later is not None and (attested_at is None or attested_at >= later[0]):
        known = "only the signer vouches for the date" if attested_at is None else f"first seen on {_day(attested_at)}"
        return _unknown(
            f"A member on {_day(at)}, but {later[1]} on {_day(later[0])}, and {known}.",
            "signing_date_unattested",
            later[0],
        )
    return _registered(membership, role, credential_type, claim, since)


def is_in_good_standing(membership: Membership, now: datetime) -> bool:
    """Whether this is a member now, whatever it is registered for: whom every face of the network names."""
    return standing(membership, role=None, at=now, now=now).outcome == "yes"


def _registered(
    membership: Membership, role: Role | None, credential_type: str | None, claim: str | None, since: datetime | None
) -> TrustDecision:
    """The answer for a member in good standing, by what it is registered for."""
    if role == "issuer":
        if membership.issuer is None:
            return _no("A member, but not registered as an issuer.", "not_registered_as_issuer", since)
        if credential_type is not None and credential_type not in membership.issuer.types:
            return _no("A member, but not registered to issue this type.", "not_registered_for_type", since)
    if role == "verifier":
        if membership.verifier is None:
            return _no("A member, but not registered as a verifier.", "not_registered_as_verifier", since)
        if claim is not None and not covers(membership.verifier.claims, claim):
            return _no("A member, but not registered to ask for this.", "not_registered_for_claim", since)
    if role == "relay" and not membership.relay:
        return _no("A member, but it does not offer to relay.", "not_registered_as_relay", since)
    words = "A member in good standing" + (f" since {_day(since)}" if since else "")
    words += f", registered as {role}" if role else ""
    return TrustDecision(outcome="yes", reason=f"{words}.", cause="member_in_good_standing", since=since)


def _detail(event: MembershipEvent | None) -> str:
    """When it began and the anchor's own words for it, which are the network's to publish."""
    if event is None:
        return ""
    reason = f": {event.reason}" if event.reason else ""
    return f" ({event.event} on {_day(event.at)}{reason})"


def _day(at: datetime) -> str:
    return format_instant(at)[:10]


def _no(reason: str, cause: str, since: datetime | None = None) -> TrustDecision:
    return TrustDecision(outcome="no", reason=reason, cause=cause, since=since)


def _unknown(reason: str, cause: str, since: datetime | None = None) -> TrustDecision:
    return TrustDecision(outcome="could_not_tell", reason=reason, cause=cause, since=since)
