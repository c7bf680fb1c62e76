"""What the anchor says about a member: its events so far, and what it is registered for.

It travels as the claim `ler_membership` of the anchor's subordinate statement, so it is signed by the anchor, dated
and offline like the rest of the chain. Events are only ever added: "was it a member on the day it signed?" stays
answerable after suspension, merger and closing.

            applied        approved       suspended
      none ────────▶ applied ────────▶ member ◀──────────▶ suspended
                        ▲                 │    reinstated      │
                        │                 ▼                    ▼
                        └──────── left, removed      left, removed, closed, merged
                        (apply again)            (closed and merged are final)

An application that is withdrawn is `left`, one that is refused is `removed`. A suspension may have an end: from then
on the member is one again, whether or not `reinstated` was written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from protocols.jose.encoding import JsonObject
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from protocols.trust.shape import list_of, object_of
from protocols.trust.times import checked, format_instant, parse_instant

MAX_EVENTS = 200
MAX_REASON_CHARACTERS = 500

EventName = Literal["applied", "approved", "suspended", "reinstated", "left", "removed", "closed", "merged"]
State = Literal["none", "applied", "member", "suspended", "left", "removed", "closed", "merged"]

LEGAL: dict[State, dict[EventName, State]] = {
    "none": {"applied": "applied"},
    "applied": {"approved": "member", "left": "left", "removed": "removed"},
    "member": {"suspended": "suspended", "left": "left", "removed": "removed", "closed": "closed", "merged": "merged"},
    "suspended": {
        "reinstated": "member",
        "left": "left",
        "removed": "removed",
        "closed": "closed",
        "merged": "merged",
    },
    "left": {"applied": "applied"},
    "removed": {"applied": "applied"},
    "closed": {},
    "merged": {},
}
"""State → event → next state; whatever does not stand here is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEvent:
    """One change of standing.

    Args:
        at: from when on it counts.
        successor: the entity id that a closed or merged member points to.
        until: when a suspension ends by itself; None: when it is ended.
    """

    event: EventName
    at: datetime
    reason: str | None = None
    successor: str | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        checked(self.at)
        if self.until is not None and (self.event != "suspended" or self.until <= self.at):
            raise StatementRefused(
                "an end of what has none, or before its beginning",
                rule="membership_event",
                found=format_instant(self.until),
                expected="a later instant, only with suspended",
            )

    def to_json(self) -> JsonObject:
        value: JsonObject = {"event": self.event, "at": format_instant(self.at)}
        if self.reason is not None:
            value["reason"] = self.reason
        if self.successor is not None:
            value["successor"] = self.successor
        if self.until is not None:
            value["until"] = format_instant(self.until)
        return value

    @staticmethod
    def parse(value: object) -> "MembershipEvent":
        """Raises StatementRefused (`membership_event`)."""
        entry = object_of(value, rule="membership_event")
        event, reason, successor = entry.get("event"), entry.get("reason"), entry.get("successor")
        if event not in get_args(EventName):
            raise StatementRefused(
                "not a membership event",
                rule="membership_event",
                found=shown(event),
                expected=", ".join(get_args(EventName)),
            )
        if reason is not None and (not isinstance(reason, str) or len(reason) > MAX_REASON_CHARACTERS):
            raise StatementRefused(
                "a reason that is not a short text",
                rule="membership_event",
                expected=f"at most {MAX_REASON_CHARACTERS} characters",
            )
        if successor is not None and event not in ("closed", "merged"):
            raise StatementRefused(
                "a successor of a living member", rule="membership_event", expected="only with closed or merged"
            )
        return MembershipEvent(
            event=cast("EventName", event),
            at=parse_instant(entry.get("at"), rule="membership_event"),
            reason=reason,
            successor=None if successor is None else check_entity_id(successor),
            until=None if entry.get("until") is None else parse_instant(entry["until"], rule="membership_event"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A member as its anchor describes it; `issuer` and `verifier` None: not registered in that role."""

    did: str
    events: tuple[MembershipEvent, ...]
    issuer: IssuerRegistration | None = None
    verifier: VerifierRegistration | None = None
    relay: bool = False

    @property
    def state(self) -> State:
        """The state after all events, a suspension that has an end being one still; see `state_at`."""
        return replay(self.events)

    def state_at(self, at: datetime) -> tuple[State, MembershipEvent | None]:
        """The state as of `at`, and the event that led to it; an event counts from its own instant on."""
        past = tuple(event for event in self.events if event.at <= at)
        state, last = replay(past), past[-1] if past else None
        if last is not None and last.until is not None and last.until <= at:
            return "member", MembershipEvent(event="reinstated", at=last.until)
        return state, last

    def continues(self, earlier: "Membership") -> bool:
        """Whether this has all events of `earlier`, unchanged, and at most adds some: no history was rewritten."""
        return self.events[: len(earlier.events)] == earlier.events

    def to_json(self) -> JsonObject:
        value: JsonObject = {
            "did": self.did,
            "events": [event.to_json() for event in self.events],
            "relay": self.relay,
        }
        if self.issuer is not None:
            value["issuer"] = self.issuer.to_json()
        if self.verifier is not None:
            value["verifier"] = self.verifier.to_json()
        return value

    @staticmethod
    def parse(value: object) -> "Membership":
        """The membership in a claim, with its events checked to be a legal history.

        Raises:
            StatementRefused: `membership`, `membership_event`, `illegal_event`, `events_out_of_order`, `registration`
                or `did`.
        """
        claim = object_of(value, rule="membership")
        did, relay = claim.get("did"), claim.get("relay", False)
        entity_id_of(did)
        if not isinstance(relay, bool):
            raise StatementRefused("relay is not a yes or no", rule="membership", found=shown(relay), expected="a bool")
        events = list_of(claim.get("events"), rule="membership", at_most=MAX_EVENTS)
        parsed = tuple(MembershipEvent.parse(event) for event in events)
        replay(parsed)
        issuer, verifier = claim.get("issuer"), claim.get("verifier")
        return Membership(
            did=cast("str", did),
            events=parsed,
            issuer=None if issuer is None else IssuerRegistration.parse(issuer),
            verifier=None if verifier is None else VerifierRegistration.parse(verifier),
            relay=relay,
        )


def follow(state: State, last: MembershipEvent | None, event: MembershipEvent) -> State:
    """The state after `event`, where `last` led to `state`: a suspension may have ended by itself in between.

    Raises:
        StatementRefused: `illegal_event`.
    """
    has_ended = last is not None and last.until is not None and last.until <= event.at
    if has_ended and event.event != "reinstated":  # which may be written down all the same
        state = "member"
    return apply_event(state, event.event)


def apply_event(state: State, event: EventName) -> State:
    """The state after `event`; raises StatementRefused (`illegal_event`) for a move that `LEGAL` does not have."""
    following = LEGAL[state].get(event)
    if following is None:
        raise StatementRefused(
            "an event that cannot follow",
            rule="illegal_event",
            found=f"{event} while {state}",
            expected=", ".join(LEGAL[state]) or "nothing: the state is final",
        )
    return following


def replay(events: Sequence[MembershipEvent]) -> State:
    """The state after `events` from none; raises StatementRefused for an illegal move or a step back in time."""
    state: State = "none"
    for position, event in enumerate(events):
        if position and event.at < events[position - 1].at:
            raise StatementRefused(
                "events out of order",
                rule="events_out_of_order",
                found=format_instant(event.at),
                expected=f"{format_instant(events[position - 1].at)} or later",
            )
        state = follow(state, events[position - 1] if position else None, event)
    return state
