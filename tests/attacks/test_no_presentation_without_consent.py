"""A presentation without a consent, with another's, or with an altered one passes neither the exit nor the asker.

Each forgery is sent by a learner's own keys, by a program that was changed. First by the relays: the exit names what
is wrong and delivers nothing. Then by an exit whose operator lets everything pass: the asker checks it all again.
"""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.consent.record import Requester, Retention, SharedRecord
from protocols.jose.encoding import JsonObject, digest
from tests.support.fixtures import SHARED_LOOP
from tests.support.forged_exit import checked, deliver, next_check
from tests.support.learners import Learner
from tests.support.network import Asked, Network
from tests.support.nodes import Node
from tests.support.rude import Draft, drafted

pytestmark = SHARED_LOOP

RECORD = "record signed by the per-asker DID"
USE = "use signed by the per-asker DID"
SEALED = "sealed by the per-asker DID"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoConsent:
    """What takes the place of a `Present`: the same, less the consent."""

    request: str

    def to_json(self) -> JsonObject:
        return {"kind": "present", "request": self.request}


def with_claim(token: str, name: str, value: Any) -> str:
    """A JWS with one claim changed and the signature as it was."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = json.dumps({**claims, name: value}, separators=(",", ":")).encode()
    return ".".join((header, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature))


async def altered(draft: Draft) -> None:
    """The record reaches further than what was signed."""
    said = await draft.seal()
    later = int(draft.record.not_after.timestamp()) + 3600
    draft.record_jws, draft.use_jws = with_claim(said.record, "notAfter", later), None


async def use_altered(draft: Draft) -> None:
    said = await draft.seal()
    draft.use_jws = with_claim(said.use, "iat", int(draft.now.timestamp()) + 1)


async def for_another_requester(draft: Draft) -> None:
    draft.record = replace(
        draft.record, requester=Requester(did="did:web:rival.example", name="Rival", trust_hash=digest(b"x"))
    )


async def for_another_ciphertext(draft: Draft) -> None:
    draft.payload_hash = digest(b"another sealed part")


async def longer_retention(draft: Draft) -> None:
    kept = draft.record.retention
    draft.record = replace(draft.record, retention=Retention(days=kept.days + 1, until=kept.until + timedelta(days=1)))


async def more_than_was_asked(draft: Draft) -> None:
    (shared,) = draft.record.records
    another = SharedRecord(
        type="ClrCredential", issuer_digest=shared.issuer_digest, credential_hash=shared.credential_hash
    )
    draft.record = replace(draft.record, records=(shared, another))


async def not_in_force_any_more(draft: Draft) -> None:
    record = draft.record
    ago = timedelta(hours=2)
    draft.record = replace(
        record, issued_at=record.issued_at - ago, not_before=record.not_before - ago, not_after=draft.now - ago / 2
    )


FORGERIES: dict[str, tuple[Callable[[Draft], Any], str]] = {
    "an altered record": (altered, RECORD),
    "an altered use": (use_altered, USE),
    "a consent to share with another": (for_another_requester, "requester is the target"),
    "a consent for another sealed part": (for_another_ciphertext, "payload hash fits"),
    "a consent to more time than was asked": (longer_retention, "record states the request's terms"),
    "a consent to more records than were asked": (more_than_was_asked, "records within the request"),
    "a consent that is over": (not_in_force_any_more, "within its dates"),
}


async def met(network: Network) -> tuple[Learner, Asked, str]:
    learner = await network.learner()
    asked = await network.ask()
    return learner, asked, await learner.meets(asked.link)


async def nothing_came(asked: Asked) -> None:
    assert (await asked.reports(), await asked.receipts(), await asked.learners()) == ([], [], {"asked": 1})


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_consent_passes_neither_the_exit_nor_the_asker(network: Network, forgery: str) -> None:
    forge, name = FORGERIES[forgery]
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    await forge(draft)
    if name in (RECORD, USE):  # what the per-asker DID did not sign is refused without a word to it
        await refused_by_both(network, draft, asked, {name})
        return
    await draft.sent()
    state, refusals = await draft.answer()
    assert (state, list(refusals)) == ("refused", [name])
    await nothing_came(asked)

    evil = await network.second_institution()
    before = len(checked(network.employer, "delivery checked"))
    await deliver(evil, network.employer, await draft.seal(), draft.inner)
    check = await next_check(network.employer, "delivery checked", before)
    assert (check["allowed"], check["refusals"]) == (False, [name])
    await nothing_came(asked)


async def refused_by_both(network: Network, draft: Draft, asked: Asked, names: set[str]) -> None:
    """Sent by the relays, then by a forged exit; what each of exit and asker finds wrong."""
    exit = network.node_of(draft.view.asker.exit)
    before = len(checked(exit, "relay checked"))
    await draft.sent()
    check = await next_check(exit, "relay checked", before)
    assert (check["kind"], check["allowed"], set(check["refusals"])) == ("present", False, names)
    await nothing_came(asked)

    evil = await network.second_institution()
    before = len(checked(network.employer, "delivery checked"))
    await deliver(evil, network.employer, await draft.seal(), draft.inner)
    check = await next_check(network.employer, "delivery checked", before)
    assert (check["kind"], check["allowed"], set(check["refusals"])) == ("present", False, names)
    await nothing_came(asked)


async def test_anothers_consent_passes_neither(network: Network) -> None:
    """Another learner's signed record, with a use and a sealed part of one's own."""
    owner, _, theirs = await met(network)
    consented = await drafted(owner, theirs).seal()
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    draft.record_jws = consented.record
    await refused_by_both(network, draft, asked, {USE, SEALED})


async def test_a_whole_consent_of_another_around_ones_own_presentation_passes_neither(network: Network) -> None:
    owner, _, theirs = await met(network)
    said = await drafted(owner, theirs).seal()
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    await draft.seal()
    draft.record_jws, draft.use_jws, draft.request_jws = said.record, said.use, said.request
    await refused_by_both(network, draft, asked, {SEALED, "payload hash fits"})


async def test_a_presentation_without_a_consent_passes_neither(network: Network) -> None:
    """It has not even the form of something that could be checked."""
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    await draft.seal()
    nothing: Any = NoConsent(request=draft.request)
    exit, evil = network.node_of(draft.view.asker.exit), await network.second_institution()
    for door, send in (
        (exit, lambda: draft.packed(nothing)),
        (network.employer, lambda: deliver(evil, network.employer, nothing, draft.inner)),
    ):
        before = (await door.get("/queues"))["work_dead"]
        await send()
        await learner.wallet.work()

        async def gave_up(door: Node = door, before: int = before) -> bool:
            return (await door.get("/queues"))["work_dead"] == before + 1

        await network.until(f"{door.name} to give it up", gave_up)
        await nothing_came(asked)


async def test_a_learner_nobody_vouches_for_is_not_delivered(network: Network) -> None:
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    said = await draft.seal()
    evil = await network.second_institution()
    before = len(checked(network.employer, "delivery checked"))
    await deliver(evil, network.employer, said, draft.inner, vouched=False)
    check = await next_check(network.employer, "delivery checked", before)
    assert (check["allowed"], check["refusals"]) == (False, ["a member vouches"])
    await nothing_came(asked)


async def test_fifty_replays_at_once_through_the_relays_are_one_presentation(network: Network) -> None:
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    for _ in range(50):
        await draft.packed()  # fifty envelopes, each new, around the same record, use and sealed part
    exit = network.node_of(draft.view.asker.exit)
    before = len(checked(exit, "relay checked"))
    rows = learner.rows("SELECT url, envelope FROM outgoing")
    assert len(rows) == 50
    transport = learner.wallet.outbox.transport
    await asyncio.gather(*(transport.post(row["url"], row["envelope"]) for row in rows))

    async def all_checked() -> list[dict[str, Any]] | None:
        found = checked(exit, "relay checked")[before:]
        return found if len(found) == 50 else None

    found = await network.until("the exit to check all of them", all_checked)
    assert sum(line["allowed"] for line in found) == 1
    assert {name for line in found for name in line["refusals"]} == {"not replayed"}
    await one_of_each(network, asked, learner)


async def test_fifty_replays_at_once_by_an_exit_are_one_use(network: Network) -> None:
    learner, asked, request = await met(network)
    draft = drafted(learner, request)
    said = await draft.seal()
    evil = await network.second_institution()
    before = len(checked(network.employer, "delivery checked"))
    await asyncio.gather(*(deliver(evil, network.employer, said, draft.inner) for _ in range(50)))

    async def all_checked() -> bool:
        return len(checked(network.employer, "delivery checked")) == before + 50

    await network.until("the asker to check all of them", all_checked)
    await one_of_each(network, asked, learner)


async def one_of_each(network: Network, asked: Asked, learner: Learner) -> None:
    """One presentation, one receipt, one use counted, and it verifies."""
    await asked.report("verified")
    presentations = {item["presentation_id"] for item in await network.employer.items(f"/requests/{asked.id}/reports")}
    assert len(presentations) == 1
    assert len(await asked.receipts()) == 1
    assert await asked.learners() == {"shared": 1}
    used = await network.uses(network.employer, learner)
    assert used == 1
