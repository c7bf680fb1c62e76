"""An exported membership log is checked with no node and no network, and says what does not hold in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocols.trust.entity import did_of
from protocols.trust.membership import MembershipEvent
from protocols.trust.membership_log import GENESIS, LogEntry, append, export_log
from tests.support.commands import run_command
from tests.support.federation import ANCHOR, ANCHOR_KEY, DAY, MEMBER, NOW

KNOWN = ANCHOR_KEY.public.thumbprint


def document() -> dict[str, Any]:
    entries: list[LogEntry] = []
    for name in ("applied", "approved", "suspended"):
        event_name: Any = name
        event = MembershipEvent(event=event_name, at=NOW + len(entries) * DAY)
        previous = entries[-1].hash if entries else GENESIS
        given: Any = {"subject": MEMBER, "did": did_of(MEMBER), "actor": "operator"}
        hashed = append(previous, event, detail={}, **given)
        entries.append(LogEntry(event=event, previous_hash=previous, hash=hashed, **given))
    jwks = {ANCHOR_KEY.kid: ANCHOR_KEY.public}
    return export_log(entries, anchor=ANCHOR, name="Example", signer=ANCHOR_KEY, jwks=jwks, now=NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(document()))
    return path


def checked(file: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = run_command("network", "check-log", file, "--json", *options)
    return done.returncode, json.loads(done.stdout)


def test_a_log_that_holds_says_whose_it_is(file: Path) -> None:
    code, answer = checked(file, "--anchor", KNOWN)
    assert (code, answer) == (
        0,
        {
            "anchor": ANCHOR,
            "name": "Example",
            "entries": 3,
            "signed_at": "2026-11-24T12:00:00Z",
            "signed_by": KNOWN,
            "anchor_is_known": True,
            "problems": [],
        },
    )
    assert (checked(file)[0], checked(file)[1]["anchor_is_known"]) == (0, False)


def test_another_anchor_than_the_one_named_and_a_changed_entry_show(file: Path) -> None:
    code, answer = checked(file, "--anchor", "A" * 43)
    assert (code, answer["problems"]) == (
        1,
        [f"the head is signed by {KNOWN}, not by the key that you named"],
    )
    value = document()
    value["entries"][1]["actor"] = "somebody else"
    file.write_text(json.dumps(value))
    assert checked(file)[1]["problems"] == ["entry 1 was changed: its hash does not fit"]


def test_a_log_with_its_end_cut_off_is_no_log_of_its_head(file: Path) -> None:
    value = document()
    value["entries"].pop()
    file.write_text(json.dumps(value))
    done = run_command("network", "check-log", file)
    assert (done.returncode, done.stdout) == (65, "")
    assert "entries are missing or were added after the head was signed" in done.stderr
