"""Every check that the design rests on is taken out, one at a time, and each time a named story fails.

What takes its place says yes to everything, as code does that was written to make a test pass. The text that is
looked for in the failure tells that the story came as far as what the check is for, and failed there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from node.adapters.didkit_worker import Didkit
from node.services import exchange, gathering, relay
from node.services.directory import Directory
from node.services.federation_sync import FederationSync
from node.services.status_sync import StatusSync
from protocols.consent import check_present
from protocols.findings import Finding, Outcome
from protocols.flows.consented_relay import machine
from protocols.jose.encoding import JsonObject
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusAnswer, StatusOutcome
from protocols.trust.standing import TrustDecision
from tests.attacks import test_no_presentation_without_consent as consent
from tests.stories import test_legacy_credential as legacy
from tests.stories import test_named_findings as findings
from tests.stories import test_who_may_take_part as members
from tests.stories import test_whole_exchange as whole
from tests.support import nodes
from tests.support.network import Network
from tests.support.nodes import Late

DEADLINE_S = 12.0
SIGNATURES = 4
"""The number of the findings without which the exit answers nobody."""
ALWAYS = datetime.fromisoformat("2020-01-01T00:00:00+00:00")

Story = Callable[[Network], Awaitable[None]]


def all_is_well(*_: Any, **__: Any) -> tuple[Finding, ...]:
    return (Finding(number=SIGNATURES, name="all is well", outcome=Outcome.YES, reason="nobody looked"),)


def everybody_is_a_member(*_: Any, **__: Any) -> TrustDecision:
    return TrustDecision(outcome="yes", reason="nobody looked", cause="member_in_good_standing", since=ALWAYS)


def nothing_is_wrong(*_: Any, **__: Any) -> None:
    return None


def nothing_is_revoked(*_: Any, now: datetime, **__: Any) -> StatusAnswer:
    return StatusAnswer(outcome=StatusOutcome.CLEAR, freshness=Freshness.FRESH, reason="nobody looked", fetched_at=now)


async def nobody_syncs(_: Any) -> None:
    return None


async def every_proof_holds(_: Any, __: JsonObject) -> JsonObject:
    return {"available": True, "checked": ["proof"], "errors": []}


def forged(kind: str) -> Story:
    async def told(network: Network) -> None:
        await consent.test_a_forged_consent_passes_neither_the_exit_nor_the_asker(network, kind)

    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Where a check is called from, what says yes in its place, the story that needs it, and how that fails."""

    at: Any
    name: str
    instead: Callable[..., Any]
    story: Story
    fails: str


CHECKS = {
    "the membership check": Check(
        at=Directory,
        name="standing",
        instead=everybody_is_a_member,
        story=findings.test_a_badge_from_a_non_member,
        fails=r"the newest report to say not_verified; it says \[\[",
    ),
    "the entry's check": Check(
        at=machine,
        name="check_entry",
        instead=all_is_well,
        story=members.test_a_college_relays_for_nobody_but_its_own_learners,
        fails="this was relayed",
    ),
    "the exit's check": Check(
        at=relay,
        name="check_exit",
        instead=all_is_well,
        story=forged("a consent for another sealed part"),
        fails="'delivered'.* == .*'refused'",
    ),
    "the asker's check": Check(
        at=exchange,
        name="check_asker",
        instead=all_is_well,
        story=forged("a consent to more time than was asked"),
        fails=r"\(True, \[\]\) == \(False",
    ),
    "the consent signature": Check(
        at=check_present,
        name="signature_fault",
        instead=nothing_is_wrong,
        story=forged("an altered record"),
        fails=r"\('present', True, set\(\)\) == \('present', F",
    ),
    "the scheduled sync of status lists": Check(
        at=StatusSync,
        name="run_due",
        instead=nobody_syncs,
        story=whole.test_a_revoked_badge_is_noticed_in_the_background_and_reported,
        fails=r"the newest report to say verified; it says \[\[\(6, 'status: revocation', 'could_not_tell'\)",
    ),
    "the DIDKit worker": Check(
        at=Didkit,
        name="verify_credential_1_1",
        instead=every_proof_holds,
        story=legacy.test_a_changed_one_is_found_out,
        fails="'yes' == 'no'",
    ),
    "the status lookup": Check(
        at=gathering,
        name="status_of",
        instead=nothing_is_revoked,
        story=whole.test_a_revoked_badge_is_noticed_in_the_background_and_reported,
        fails=r"the newest report to say not_verified; it says \[\[\]",
    ),
}


@pytest.mark.parametrize("check", CHECKS)
async def test_without_it_a_story_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, check: str) -> None:
    case = CHECKS[check]
    assert callable(getattr(case.at, case.name)), "it is still called that, and from there"
    monkeypatch.setattr(case.at, case.name, case.instead)
    async with Network(tmp_path) as network:
        monkeypatch.setattr(nodes, "DEADLINE_S", DEADLINE_S)
        with pytest.raises(AssertionError, match=case.fails):
            await case.story(network)


async def test_without_the_scheduled_sync_of_standing_no_network_comes_about(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(FederationSync, "run", nobody_syncs)
    monkeypatch.setattr(nodes, "DEADLINE_S", DEADLINE_S / 2)
    with pytest.raises(Late, match="everybody to know everybody"):
        async with Network(tmp_path):
            raise AssertionError("everybody knew everybody without a sync")
