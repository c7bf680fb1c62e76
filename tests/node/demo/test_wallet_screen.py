"""The words a learner reads before they say yes, all of them, and their digest in the consent record."""

from dataclasses import replace

import pytest

from node.demo.wallet import Wallet
from node.demo.wallet.errors import NotFound, Refused
from node.demo.wallet.rows import consents
from protocols.consent.record import parse_record
from protocols.consent.screen import ui_hash
from protocols.requests.query import PresentationQuery, QueryItem
from protocols.requests.request import Purpose
from tests.support.federation import DAY, events
from tests.support.wallet_world import BUDGETS, ITEMS, WRITING, World, agree, chain_of_employer

SCREEN = """\
Harbour Foods asks to see records of yours.
  Vouched for by   Lakes Credential Network, a member in good standing since 26 August 2026
  Why              To fill the position of finance assistant
  Kept for         30 days, deleted by 24 December 2026
You would share:
  + Badge in manage budgets, from Lakeside College, the whole record (required: manage budgets): its achievement is \
aligned with exactly this skill, manage budgets
You would not share:
  - Writing (optional): you chose not to
  - Your record Badge in Writing, from Lakeside College"""


async def test_the_screen_says_who_why_how_long_what_and_what_not(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS, WRITING)
    id = await world.asks(wallet)
    assert wallet.show(id, ["budgets"]) == SCREEN
    assert await wallet.approve(id, ["budgets"]) == SCREEN


async def test_the_record_carries_the_digest_of_the_words_that_were_shown(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    await agree(wallet, await world.asks(wallet))
    with wallet.store.read() as db:
        (record,) = consents.records(db)
    claims = parse_record(record.jws)
    assert claims.ui_hash == ui_hash(record.screen, record.ui_salt)
    changed = [
        {"requester": "Harbour Food"},
        {"retention": "31 days, deleted by 24 December 2026"},
        {"purpose": "To fill the position of finance assistants"},
        {"shared": ()},
        {"not_shared": (*record.screen.not_shared, "one more")},
    ]
    for change in changed:
        assert claims.ui_hash != ui_hash(replace(record.screen, **change), record.ui_salt)


async def test_the_name_is_the_network_s_and_never_the_request_s(world: World, wallet: Wallet):
    purpose = Purpose(code="hiring", text="Lakeside College asks you to share with Your Bank")
    id = await world.asks(wallet, purpose=purpose)
    assert wallet.show(id).splitlines()[0] == "Harbour Foods asks to see records of yours."


@pytest.mark.parametrize(
    ("chain", "reason"),
    [
        ((), "It shows no membership of any network."),
        (tuple(chain_of_employer(events=events("applied", "approved", "suspended"))), "On 2026-11-24 it was suspended"),
        (tuple(chain_of_employer(verifier=None)), "A member, but not registered as a verifier."),
    ],
)
async def test_a_requester_that_cannot_be_made_out_is_shown_as_such_and_gets_nothing(
    world: World, wallet: Wallet, chain, reason
):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet, trust_chain=chain)
    first, second = wallet.show(id).splitlines()[:2]
    assert first == "An unknown requester asks to see records of yours."
    assert second.startswith(f"  Vouched for by   nobody whom your network knows, could not tell who this is: {reason}")
    assert wallet.request(id)["requester"] == "An unknown requester"
    relayed = len(world.relayed)
    with pytest.raises(Refused, match="nothing is shared with a requester that could not be made out"):
        await wallet.approve(id)
    assert (len(world.relayed), wallet.history()) == (relayed, [])


async def test_a_standing_that_went_out_of_date_since_the_request_came_is_no_standing(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    world.clock.advance(6 * DAY)
    assert "could not tell who this is" in wallet.show(id)
    with pytest.raises(Refused, match="out of date"):
        await wallet.approve(id)


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"purpose": Purpose(code="marketing", text="Offers")}, "This purpose is not one it is registered for."),
        ({"retention_days": 61}, "It is registered to keep records for at most 60 days."),
        (
            {"query": PresentationQuery(items=(*ITEMS, QueryItem(id="all", credential_type="ClrCredential")))},
            "it is not registered to ask for this.",
        ),
    ],
)
async def test_asking_for_too_much_is_shown_with_a_warning_and_refused(world: World, wallet: Wallet, changes, warning):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet, **changes)
    assert f"WARNING: {warning}" in wallet.show(id)
    assert len(wallet.request(id)["over_asks"]) == 1
    with pytest.raises(Refused, match="it asks for more than it may"):
        await wallet.approve(id)


async def test_what_nothing_answers_is_said_with_the_reason(world: World, wallet: Wallet):
    await world.gives(wallet, WRITING)
    id = await world.asks(wallet)
    assert (
        "  - manage budgets (required): nothing you have answers it (no credential held is aligned with this skill)"
        in (wallet.show(id).splitlines())
    )
    with pytest.raises(Refused, match="nothing to share"):
        await wallet.approve(id, ["budgets"])


async def test_words_that_would_draw_over_the_screen_are_shown_as_codes(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    with wallet.store.step("test.rename") as db:
        db.execute("UPDATE credentials SET document = replace(document, 'Badge in', ?)", ("\\u001b[2J\\u202e",))
    shown = wallet.show(id)
    assert all(line.isprintable() for line in shown.splitlines())
    assert "\\u001b[2J\\u202e manage budgets" in shown


async def test_an_item_that_was_not_asked_for_cannot_be_chosen(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    id = await world.asks(wallet)
    with pytest.raises(NotFound, match="no such item"):
        wallet.show(id, ["transcript"])
    with pytest.raises(NotFound, match="no such request"):
        wallet.show("nothing")
