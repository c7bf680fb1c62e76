"""A yes, a partial yes and a no, as the exit and the asker get them."""

from datetime import timedelta
from pathlib import Path

import pytest

from node.demo.wallet import Wallet
from node.demo.wallet.errors import Refused, Unseen
from protocols.consent.check import check_asker, check_exit, is_allowed
from protocols.consent.check_disclosed import check_disclosed
from protocols.consent.digests import payload_hash
from protocols.consent.facts import AskerFacts, ExitFacts, RequesterFacts
from protocols.consent.letters import DeclineReason, parse_decline
from protocols.consent.presentation import parse_disclosure
from protocols.consent.record import parse_record, record_hash
from protocols.consent.relay import Decline, Deliver, Present
from protocols.consent.use import parse_use
from protocols.credentials.proofs import check_proofs
from protocols.dids.document import DidDocument
from protocols.dids.key import resolve_key
from protocols.findings import Outcome
from protocols.flows.present_proof.messages import read_presentation
from protocols.requests.request import request_hash
from protocols.trust.standing import TrustDecision
from tests.support.federation import DAY
from tests.support.wallet_world import ANCHOR, BUDGETS, COLLEGE, EMPLOYER, REGISTRATION, WRITING, World, agree

GOOD = TrustDecision(outcome="yes", reason="A member in good standing.", cause="member_in_good_standing")
REQUESTER = RequesterFacts(document=EMPLOYER.document, registration=REGISTRATION, standing=GOOD)


def exit_facts(subject: DidDocument, way) -> ExitFacts:
    return ExitFacts(
        exit=ANCHOR.did,
        entry=COLLEGE.did,
        entry_standing=GOOD,
        entry_host="college.example",
        exit_host="network.example",
        requester=REQUESTER,
        subject=subject,
        way_back=way,
    )


def asker_facts(subject: DidDocument) -> AskerFacts:
    return AskerFacts(asker=EMPLOYER.did, exit=ANCHOR.did, exit_standing=GOOD, requester=REQUESTER, subject=subject)


def shared_documents(world: World, said: Present, sealed, subject: DidDocument) -> list:
    """The credentials in what the employer decrypts, after every check of (4) to (11) held."""
    opened = world.inner(sealed, subject)
    assert (opened.sender, opened.layers) == (subject.id, ("authcrypt",))
    shown, disclosure = read_presentation(opened.message)
    salts = parse_disclosure(disclosure).salts
    hash = request_hash(said.request)
    findings = check_disclosed(parse_record(said.record), salts, shown, request_hash=hash, asker=EMPLOYER.did)
    assert [finding.reason for finding in findings if finding.outcome is not Outcome.YES] == []
    holder = shown["holder"]
    (proof,) = check_proofs(
        shown,
        {holder: resolve_key(holder)},
        purpose="authentication",
        now=world.clock.now(),
        challenge=hash,
        domain=EMPLOYER.did,
        expected_controller=holder,
    )
    assert (proof.outcome, proof.suite) == (Outcome.YES, "eddsa-jcs-2022")
    return shown["verifiableCredential"]


async def test_a_whole_yes_passes_the_exit_and_the_asker(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS, WRITING)
    id = await world.asks(wallet)
    await agree(wallet, id)
    middle, sealed = world.opened()
    subject, way = world.subject()
    assert isinstance(middle.said, Present)
    assert is_allowed(check_exit(exit_facts(subject, way), middle, sealed, world.clock.now()))
    deliver = Deliver(said=middle.said, vouched=True)
    assert is_allowed(check_asker(asker_facts(subject), deliver, sealed, world.clock.now()))
    held = {document["id"]: document for document in (item["document"] for item in wallet.credentials())}
    assert {document["id"]: document for document in shared_documents(world, middle.said, sealed, subject)} == held
    assert parse_use(middle.said.use).payload_hash == payload_hash(sealed)


async def test_a_partial_yes_shares_what_was_chosen_and_no_more(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS, WRITING)
    id = await world.asks(wallet)
    await agree(wallet, id, ["writing"])
    middle, sealed = world.opened()
    subject, _ = world.subject()
    assert isinstance(middle.said, Present)
    (document,) = shared_documents(world, middle.said, sealed, subject)
    assert document["name"] == "Badge in Writing"
    assert len(parse_record(middle.said.record).records) == 1


async def test_one_record_that_answers_two_items_is_shared_once(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    with wallet.store.step("test.align") as db:
        db.execute("UPDATE credentials SET document = replace(document, ?, ?)", (BUDGETS.uri, WRITING.uri))
    id = await world.asks(wallet)
    await agree(wallet, id)
    middle, _ = world.opened()
    assert isinstance(middle.said, Present)
    assert len(parse_record(middle.said.record).records) == 1


async def test_the_exit_s_part_names_no_learner_and_shows_no_value(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    await agree(wallet, await world.asks(wallet))
    middle, _ = world.opened()
    holder = wallet.credentials()[0]["document"]["credentialSubject"]["id"]
    assert isinstance(middle.said, Present)
    told = str(middle.to_json()) + str(parse_record(middle.said.record)) + str(parse_use(middle.said.use))
    for secret in (holder, world.owner.id, "S-1004", "Badge in", COLLEGE.did):
        assert secret not in told


async def test_saying_yes_twice_is_saying_it_once(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    screen = await agree(wallet, id)
    relayed = len(world.relayed)
    assert await wallet.approve(id) == screen
    assert (len(world.relayed), len(wallet.history())) == (relayed, 1)
    with pytest.raises(Refused, match="answered already"):
        await wallet.decline(id)


async def test_a_yes_said_offline_is_sent_when_the_phone_is_online(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    relayed = len(world.relayed)
    world.down = True
    world.clock.advance(2 * DAY / 48)
    await agree(wallet, id)
    assert (len(world.relayed), wallet.history()[0]["state"]) == (relayed, "queued")
    world.down = False
    await wallet.sync()
    assert (len(world.relayed), wallet.history()[0]["state"]) == (relayed + 1, "sent")


async def test_a_relay_that_the_entry_refuses_is_said_to_be_refused(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    world.refuses = {"relay"}
    await agree(wallet, id)
    await wallet.sync()
    assert wallet.history()[0]["state"] == "refused"
    assert [type(middle.said).__name__ for middle in world.middles()] == ["Contact"]


async def test_what_waited_too_long_is_given_up_and_said_to_be(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    world.down = True
    await agree(wallet, id)
    world.clock.advance(6 * DAY)
    world.down = False
    await wallet.sync()
    assert wallet.history()[0]["state"] == "expired"
    assert [type(middle.said).__name__ for middle in world.middles()] == ["Contact"]


async def test_consents_for_one_asker_form_a_chain(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    await agree(wallet, await world.asks(wallet))
    await agree(wallet, await world.asks(wallet))
    first, second = (middle.said for middle in world.middles() if isinstance(middle.said, Present))
    assert (parse_record(first.record).prev, parse_record(second.record).prev) == (None, record_hash(first.record))


def nothing_was_said(world: World, wallet: Wallet) -> bool:
    """The request waits, and nothing but the contact went out."""
    said = [type(middle.said).__name__ for middle in world.middles()]
    return said == ["Contact"] and wallet.history() == [] and wallet.requests()[0]["state"] == "waiting"


async def test_a_record_that_came_after_the_look_is_not_shared_unseen(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    looked_at = wallet.show(id)
    await world.gives(wallet, WRITING)
    with pytest.raises(Unseen, match="what you would share has changed since you looked: look again") as refused:
        await wallet.approve(id)
    assert nothing_was_said(world, wallet)
    assert refused.value.screen == wallet.show(id) != looked_at
    assert await wallet.approve(id) == refused.value.screen


async def test_a_refusal_is_not_a_look(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    for _ in range(2):
        with pytest.raises(Unseen, match="this was not shown yet: look first") as refused:
            await wallet.approve(id)
    assert nothing_was_said(world, wallet)
    assert refused.value.screen == wallet.show(id)


async def test_a_look_at_some_items_is_no_look_at_others(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS, WRITING)
    id = await world.asks(wallet)
    wallet.show(id, ["writing"])
    for items in (None, ["budgets"], ["budgets", "writing"]):
        with pytest.raises(Unseen, match="not shown yet"):
            await wallet.approve(id, items)
    assert nothing_was_said(world, wallet)
    wallet.show(id, ["writing", "budgets"])
    assert "+ Badge in Writing" in await wallet.approve(id, ["budgets", "writing"])


async def test_a_look_at_one_request_is_no_look_at_another(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    wallet.show(await world.asks(wallet))
    with pytest.raises(Unseen, match="not shown yet"):
        await wallet.approve(await world.asks(wallet))


async def test_another_record_under_the_same_words_is_not_what_was_shown(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    looked_at = wallet.show(id)
    with wallet.store.step("test.exchange") as db:
        db.execute("UPDATE credentials SET digest = 'another'")
    with pytest.raises(Unseen, match="changed since you looked") as refused:
        await wallet.approve(id)
    assert refused.value.screen == looked_at
    assert nothing_was_said(world, wallet)


async def test_a_screen_of_yesterday_names_another_day_and_is_looked_at_again(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    looked_at = wallet.show(id)
    world.clock.advance(DAY)
    with pytest.raises(Unseen, match="changed since you looked") as refused:
        await wallet.approve(id)
    assert "deleted by 24 December 2026" in looked_at
    assert refused.value.screen == looked_at.replace("24 December", "25 December")
    assert nothing_was_said(world, wallet)


async def test_what_changes_nothing_on_the_screen_needs_no_other_look(world: World, wallet: Wallet, tmp_path: Path):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    looked_at = wallet.show(id)
    world.clock.advance(timedelta(minutes=5))
    await wallet.sync()
    async with world.wallet(tmp_path / "wallet") as later:  # another command: the look is remembered in the file
        assert await later.approve(id) == looked_at


async def test_an_expired_request_is_not_answered(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet, expires_at=world.clock.now() + DAY)
    world.clock.advance(DAY)
    assert wallet.requests()[0]["state"] == "expired"
    with pytest.raises(Refused, match="the request has expired"):
        await wallet.approve(id)


@pytest.mark.parametrize("reason", [None, DeclineReason.TOO_LONG_KEPT])
async def test_a_no_passes_the_exit_and_says_no_more_than_the_learner_wants(world: World, wallet: Wallet, reason):
    id = await world.asks(wallet)
    await wallet.decline(id, reason)
    await wallet.decline(id, reason)
    middle, sealed = world.opened()
    subject, way = world.subject()
    assert (type(middle.said), sealed) == (Decline, None)
    assert is_allowed(check_exit(exit_facts(subject, way), middle, sealed, world.clock.now()))
    assert parse_decline(middle.said.letter).reason == reason
    assert [type(each.said).__name__ for each in world.middles()] == ["Contact", "Decline"]
    assert [(entry["state"], entry["delivery"]) for entry in wallet.history()] == [("declined", "sent")]
    with pytest.raises(Refused, match="answered already"):
        await wallet.approve(id)
