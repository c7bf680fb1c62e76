"""Membership: every move, the registrations, the claim's JSON and the log."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from protocols.jose.encoding import JsonObject
from protocols.trust.entity import did_of
from protocols.trust.membership import LEGAL, EventName, Membership, MembershipEvent, State, apply_event, replay
from protocols.trust.membership_log import GENESIS, LogEntry, append, check_log, export_log, read_log
from protocols.trust.refusal import StatementRefused
from protocols.trust.registration import covers
from tests.support.federation import (
    ANCHOR,
    ANCHOR_KEY,
    DAY,
    MEMBER,
    NOW,
    OTHER,
    STRANGER_KEY,
    events,
    membership,
)

TRANSITIONS: dict[tuple[State, EventName], State] = {
    ("none", "applied"): "applied",
    ("applied", "approved"): "member",
    ("applied", "left"): "left",
    ("applied", "removed"): "removed",
    ("member", "suspended"): "suspended",
    ("member", "left"): "left",
    ("member", "removed"): "removed",
    ("member", "closed"): "closed",
    ("member", "merged"): "merged",
    ("suspended", "reinstated"): "member",
    ("suspended", "left"): "left",
    ("suspended", "removed"): "removed",
    ("suspended", "closed"): "closed",
    ("suspended", "merged"): "merged",
    ("left", "applied"): "applied",
    ("removed", "applied"): "applied",
}


def test_the_table_has_every_state() -> None:
    assert set(LEGAL) == set(get_args(State))


@pytest.mark.parametrize("event", get_args(EventName))
@pytest.mark.parametrize("state", get_args(State))
def test_each_event_in_each_state_moves_or_is_refused(state: State, event: EventName) -> None:
    following = TRANSITIONS.get((state, event))
    if following is not None:
        assert apply_event(state, event) == following
        return
    with pytest.raises(StatementRefused) as refusal:
        apply_event(state, event)
    assert (refusal.value.rule, refusal.value.found) == ("illegal_event", f"{event} while {state}")


def test_a_membership_reads_as_it_was_written() -> None:
    merged = MembershipEvent(event="merged", at=NOW, reason="by resolution", successor=OTHER)
    full = membership(events=(*events("applied", "approved"), merged))
    assert Membership.parse(full.to_json()) == full
    bare = Membership(did=full.did, events=events("applied"))
    assert bare.to_json() == {
        "did": "did:web:college.example",
        "events": [{"event": "applied", "at": "2026-08-16T12:00:00Z"}],
        "relay": False,
    }
    assert Membership.parse(bare.to_json()) == bare


def test_the_state_on_a_day_counts_an_event_from_its_own_instant() -> None:
    history = membership("applied", "approved", "suspended", "reinstated")
    start = history.events[0].at
    assert history.state == "member"
    assert history.state_at(start - DAY) == ("none", None)
    assert history.state_at(start)[0] == "applied"
    assert history.state_at(start + 10 * DAY) == ("member", history.events[1])
    assert history.state_at(start + 20 * DAY - timedelta(microseconds=1))[0] == "member"
    assert history.state_at(start + 20 * DAY) == ("suspended", history.events[2])


def test_a_suspension_with_an_end_is_over_then_whether_or_not_that_was_written_down() -> None:
    ends = NOW + 10 * DAY
    suspended = MembershipEvent(event="suspended", at=NOW, reason="an audit", until=ends)
    history = membership(events=(*events("applied", "approved"), suspended))
    assert Membership.parse(history.to_json()) == history
    assert history.state_at(ends - timedelta(seconds=1)) == ("suspended", suspended)
    assert history.state_at(ends) == ("member", MembershipEvent(event="reinstated", at=ends))
    assert history.state == "suspended"
    for event, state in {"reinstated": "member", "suspended": "suspended", "closed": "closed"}.items():
        name: Any = event
        later = replace(history, events=(*history.events, MembershipEvent(event=name, at=ends + DAY)))
        assert later.state_at(ends + 2 * DAY)[0] == state
        assert later.state_at(ends)[0] == "member"
    with pytest.raises(StatementRefused, match="cannot follow"):
        replay((*history.events, MembershipEvent(event="suspended", at=ends - DAY)))


@pytest.mark.parametrize(("event", "until"), [("suspended", NOW), ("suspended", NOW - DAY), ("removed", NOW + DAY)])
def test_an_end_is_later_and_a_suspensions_only(event: Any, until: datetime) -> None:
    with pytest.raises(StatementRefused) as refusal:
        MembershipEvent(event=event, at=NOW, until=until)
    assert refusal.value.rule == "membership_event"


def test_an_event_has_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        MembershipEvent(event="applied", at=datetime(2026, 1, 1))  # noqa: DTZ001


GOOD = membership().to_json()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("membership", {"events": None}),
        ("membership", {"events": GOOD["events"] * 101}),
        ("membership", {"relay": 1}),
        ("did", {"did": None}),
        ("membership_event", {"events": ["applied"]}),
        ("membership_event", {"events": [{"event": "joined", "at": "2026-01-01T00:00:00Z"}]}),
        ("membership_event", {"events": [{"event": ["applied"], "at": "2026-01-01T00:00:00Z"}]}),
        ("membership_event", {"events": [{"event": "applied"}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-01-01"}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-02-30T00:00:00Z"}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-01-01T00:00:00+01:00"}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-01-01T00:00:00Z", "reason": 1}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-01-01T00:00:00Z", "reason": "x" * 501}]}),
        ("membership_event", {"events": [{"event": "applied", "at": "2026-01-01T00:00:00Z", "successor": OTHER}]}),
        ("illegal_event", {"events": [{"event": "approved", "at": "2026-01-01T00:00:00Z"}]}),
        (
            "events_out_of_order",
            {"events": [GOOD["events"][1] | {"event": "applied"}, GOOD["events"][0] | {"event": "approved"}]},
        ),
        ("registration", {"issuer": []}),
        ("registration", {"issuer": {"types": []}}),
        ("registration", {"issuer": {"types": ["no blanks"]}}),
        ("registration", {"issuer": {"types": ["A", "A"]}}),
        ("registration", {"verifier": {"purposes": ["hiring"], "claims": ["A"]}}),
        ("registration", {"verifier": {"purposes": ["hiring"], "claims": ["A"], "max_retention_days": True}}),
        ("registration", {"verifier": {"purposes": ["hiring"], "claims": ["A"], "max_retention_days": 36_501}}),
        ("registration", {"verifier": {"purposes": ["Hiring!"], "claims": ["A"], "max_retention_days": 1}}),
        ("registration", {"verifier": {"purposes": ["hiring"], "claims": ["A#b"], "max_retention_days": 1}}),
        ("registration", {"verifier": {"purposes": ["hiring"], "claims": ["A#/~2"], "max_retention_days": 1}}),
    ],
)
def test_a_membership_that_breaks_a_rule_is_refused_by_name(rule: str, changes: JsonObject) -> None:
    with pytest.raises(StatementRefused) as refusal:
        Membership.parse({**GOOD, **changes})
    assert refusal.value.rule == rule


BADGE = "OpenBadgeCredential"


@pytest.mark.parametrize(
    ("registered", "asked", "answer"),
    [
        ([BADGE], BADGE, True),
        ([BADGE], f"{BADGE}#/credentialSubject/achievement", True),
        ([f"{BADGE}#/credentialSubject"], f"{BADGE}#/credentialSubject/achievement", True),
        ([f"{BADGE}#/credentialSubject"], f"{BADGE}#/credentialSubject", True),
        ([f"{BADGE}#/credentialSubject"], BADGE, False),
        ([f"{BADGE}#/credentialSubject"], f"{BADGE}#/credentialSubjectId", False),
        ([f"{BADGE}#/credentialSubject/achievement"], f"{BADGE}#/credentialSubject", False),
        (["ClrCredential", f"{BADGE}#/issuer"], f"{BADGE}#/issuer/id", True),
        ([BADGE], "openbadgecredential", False),
        ([BADGE], "OpenBadge", False),
        ([BADGE], f"{BADGE}#", False),
        ([BADGE], f"{BADGE}#name", False),
        ([BADGE], f"{BADGE}#/a~2b", False),
        ([f"{BADGE}#/a~1b"], f"{BADGE}#/a/b", False),
        ([f"{BADGE}#/a~1b"], f"{BADGE}#/a~1b/c", True),
        ([], BADGE, False),
        ([BADGE], "", False),
        (["not a claim"], BADGE, False),
    ],
)
def test_a_registration_covers_its_type_or_what_is_under_its_pointer(
    registered: list[str], asked: str, answer: bool
) -> None:
    assert covers(registered, asked) is answer


def log_of(*names: Any) -> list[LogEntry]:
    entries: list[LogEntry] = []
    for subject, event in names:
        previous = entries[-1].hash if entries else GENESIS
        dated = MembershipEvent(event=event, at=NOW + len(entries) * DAY)
        given: Any = {"subject": subject, "did": did_of(subject), "actor": "operator", "detail": {"name": "A name"}}
        entry_hash = append(previous, dated, **given)
        entries.append(LogEntry(event=dated, previous_hash=previous, hash=entry_hash, **given))
    return entries


LOG = log_of((MEMBER, "applied"), (OTHER, "applied"), (MEMBER, "approved"), (MEMBER, "suspended"))


def test_a_log_that_was_only_added_to_holds() -> None:
    assert check_log(LOG) == ()
    assert check_log([]) == ()


def test_a_changed_entry_shows() -> None:
    changed = [*LOG[:2], replace(LOG[2], event=replace(LOG[2].event, reason="rewritten")), LOG[3]]
    assert check_log(changed) == ("entry 2 was changed: its hash does not fit",)
    for name, value in {"subject": OTHER, "did": "did:web:x.example", "actor": "nobody", "detail": {}}.items():
        other: Any = {name: value}
        assert "entry 2 was changed: its hash does not fit" in check_log([*LOG[:2], replace(LOG[2], **other), LOG[3]])


def test_a_dropped_entry_shows() -> None:
    assert check_log([LOG[0], *LOG[2:]]) == ("entry 1 does not follow the one before it",)
    assert "entry 0 does not follow the one before it" in check_log(LOG[1:])


def test_an_entry_put_in_between_shows() -> None:
    put_in = log_of((MEMBER, "applied"), (OTHER, "applied"), (OTHER, "approved"))
    assert "entry 3 does not follow the one before it" in check_log([*put_in, *LOG[2:]])


def test_a_well_hashed_log_of_illegal_or_backdated_events_shows() -> None:
    assert check_log(log_of((MEMBER, "applied"), (MEMBER, "suspended"))) == (
        "entry 1 is not a legal event: suspended while applied",
    )
    early = MembershipEvent(event="approved", at=NOW - DAY)
    given: Any = {"subject": MEMBER, "did": did_of(MEMBER), "actor": "operator"}
    hashed = append(LOG[0].hash, early, detail={}, **given)
    late = LogEntry(event=early, previous_hash=LOG[0].hash, hash=hashed, **given)
    assert check_log([LOG[0], late]) == ("entry 1 of 2026-11-23T12:00:00Z is dated before the one before it",)


def exported(log: list[LogEntry], **changes: Any) -> JsonObject:
    given: Any = {
        "anchor": ANCHOR,
        "name": "Example Network",
        "signer": ANCHOR_KEY,
        "jwks": {ANCHOR_KEY.kid: ANCHOR_KEY.public},
        "now": NOW,
    }
    return export_log(log, **{**given, **changes})


def test_an_exported_log_reads_as_it_was() -> None:
    found = read_log(json.loads(json.dumps(exported(LOG))))
    assert (found.anchor, found.name, list(found.entries)) == (ANCHOR, "Example Network", LOG)
    assert (found.signed_by, found.signed_at) == (ANCHOR_KEY.public.thumbprint, NOW)
    assert check_log(found.entries) == ()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"type": "Log"}, "log"),
        ({"version": 2}, "log"),
        ({"entries": exported(LOG[:3])["entries"]}, "log_head"),
        ({"entries": [*exported(LOG)["entries"], exported(LOG)["entries"][-1]]}, "log_head"),
        ({"entries": [{"subject": MEMBER}]}, "log"),
        ({"entries": "x"}, "log"),
        ({"anchor": OTHER}, "log_head"),
        ({"head": "a.b.c"}, "log_head"),
        (
            {"jwks": exported(LOG, signer=STRANGER_KEY, jwks={STRANGER_KEY.kid: STRANGER_KEY.public})["jwks"]},
            "log_head",
        ),
    ],
)
def test_a_document_that_is_not_the_log_of_its_head_is_refused(changes: JsonObject, rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        read_log({**exported(LOG), **changes})
    assert refusal.value.rule == rule
