"""Each check is taken out, one at a time, and a story that rests on it fails: none of them is there for show.

The stories hold as they are in their own files; here each is told again in a network whose nodes do not ask.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from node.adapters.didkit_worker import Didkit
from node.services import relay, verification
from node.services.directory import Directory
from node.services.status_sync import StatusSync
from protocols.consent import check_present
from protocols.findings import judged
from protocols.flows.consented_relay import machine
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusAnswer, StatusOutcome
from protocols.trust.standing import TrustDecision
from tests.attacks import test_no_presentation_without_consent as consent
from tests.stories import test_legacy_credential as legacy
from tests.stories import test_named_findings as findings
from tests.stories import test_who_may_take_part as partners
from tests.stories import test_whole_exchange as exchange
from tests.support import nodes
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Network

pytestmark = SHARED_LOOP

PATIENCE_S = 8.0
"""A story that cannot come true any more is not waited for as long as usual."""

ALLOWED = (judged(3, "not asked", None, "not asked"),)


def everybody_is_a_member(*_: Any, **__: Any) -> TrustDecision:
    return TrustDecision(outcome="yes", reason="Not asked.", cause="not_asked")


def every_list_is_clear(*_: Any, **__: Any) -> StatusAnswer:
    return StatusAnswer(outcome=StatusOutcome.CLEAR, freshness=Freshness.FRESH, reason="Not asked.")


async def nothing_is_synced(*_: Any) -> None:
    return None


async def every_legacy_proof_holds(*_: Any) -> dict[str, Any]:
    return {"available": True, "checked": ["proof"], "errors": []}


Story = Callable[[Network], Awaitable[None]]
NO_OPS: Mapping[str, tuple[Any, str, Any, Story]] = {
    "the membership check": (Directory, "standing", everybody_is_a_member, findings.test_a_badge_from_a_non_member),
    "the entry's check": (
        machine,
        "check_entry",
        lambda *_: ALLOWED,
        partners.test_a_suspended_learner_is_not_vouched_for,
    ),
    "the exit's check": (
        relay,
        "check_exit",
        lambda *_: ALLOWED,
        partial(
            consent.test_a_forged_consent_passes_neither_the_exit_nor_the_asker,
            forgery="a consent to share with another",
        ),
    ),
    "the consent's signature": (
        check_present,
        "signature_fault",
        lambda *_: None,
        partial(consent.test_a_forged_consent_passes_neither_the_exit_nor_the_asker, forgery="an altered record"),
    ),
    "the scheduled sync": (
        StatusSync,
        "_refresh",
        nothing_is_synced,
        exchange.test_a_revoked_badge_is_noticed_in_the_background_and_reported,
    ),
    "the DIDKit worker": (
        Didkit,
        "verify_credential_1_1",
        every_legacy_proof_holds,
        legacy.test_a_changed_one_is_found_out,
    ),
    "the status lookup": (
        verification,
        "status_of",
        every_list_is_clear,
        exchange.test_a_revoked_badge_is_noticed_in_the_background_and_reported,
    ),
}


@pytest.mark.parametrize("check", NO_OPS)
async def test_without_this_check_a_story_fails(check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, name, no_op, story = NO_OPS[check]
    async with Network(tmp_path) as network:
        monkeypatch.setattr(nodes, "DEADLINE_S", PATIENCE_S)
        monkeypatch.setattr(room, name, no_op)
        with pytest.raises(AssertionError):
            await story(network)
