"""What an institution offers is asked for when the learner says so, and kept only if it holds."""

from node.demo.wallet import Wallet
from tests.support.wallet_world import BUDGETS, COLLEGE, WRITING, World, badge, new_id

STRANGER = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


async def offered(world: World, wallet: Wallet) -> tuple[str, str]:
    """(thread, holder) of an offer that was accepted."""
    thread = world.offer(BUDGETS)
    await wallet.sync(accept_offers=True)
    return thread, world.holders[thread]


def problems(wallet: Wallet) -> list[tuple[str, str | None]]:
    return [(offer["state"], offer["problem"]) for offer in wallet.offers()]


async def test_an_offer_waits_until_the_learner_accepts_it(world: World, wallet: Wallet):
    thread = world.offer(BUDGETS)
    await wallet.sync()
    assert [(offer["id"], offer["name"], offer["state"]) for offer in wallet.offers()] == [
        (thread, "Badge in manage budgets", "waiting")
    ]
    assert world.holders == {}
    await wallet.accept_offer(thread)
    assert list(world.holders) == [thread]


async def test_a_badge_is_kept_and_acknowledged(world: World, wallet: Wallet):
    thread, holder = await offered(world, wallet)
    world.issue(thread, badge(holder, BUDGETS))
    await wallet.sync()
    (held,) = wallet.credentials()
    assert (held["name"], held["issuer"], held["skills"]) == (
        "Badge in manage budgets",
        COLLEGE.did,
        ["manage budgets"],
    )
    assert held["document"] == badge(holder, BUDGETS)
    assert problems(wallet) == [("kept", None)]
    assert f"{thread} ack" in world.holders


async def test_two_badges_are_bound_to_the_same_key_of_the_learner(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS, WRITING)
    assert len({held["document"]["credentialSubject"]["id"] for held in wallet.credentials()}) == 1


async def refusal(world: World, wallet: Wallet, credential) -> str | None:
    thread, holder = await offered(world, wallet)
    world.issue(thread, credential(holder))
    await wallet.sync()
    assert wallet.credentials() == []
    assert "e.p.issuance-abandoned" in world.holders[f"{thread} problem-report"]
    ((state, problem),) = problems(wallet)
    assert state == "refused"
    return problem


async def test_a_tampered_badge_is_refused_and_the_institution_told(world: World, wallet: Wallet):
    problem = await refusal(world, wallet, lambda holder: {**badge(holder, BUDGETS), "name": "Doctor of Everything"})
    assert problem is not None
    assert "signature" in problem


async def test_a_badge_of_somebody_else_is_refused(world: World, wallet: Wallet):
    problem = await refusal(world, wallet, lambda _: badge(STRANGER, BUDGETS))
    assert problem == "It is about another key than this wallet's."


async def test_a_badge_of_another_issuer_is_refused(world: World, wallet: Wallet):
    problem = await refusal(
        world, wallet, lambda holder: {**badge(holder, BUDGETS), "issuer": "did:web:elsewhere.example"}
    )
    assert problem == "It was issued by another than the institution that offered it."


async def test_a_badge_that_nobody_asked_for_is_not_kept(world: World, wallet: Wallet):
    thread = world.offer(BUDGETS)
    await wallet.sync()
    world.issue(thread, badge(STRANGER, BUDGETS))
    world.issue(new_id(), badge(STRANGER, BUDGETS))
    await wallet.sync()
    assert (wallet.credentials(), problems(wallet)) == ([], [("waiting", None)])


async def test_a_badge_that_is_delivered_twice_is_kept_once(world: World, wallet: Wallet):
    thread, holder = await offered(world, wallet)
    world.issue(thread, badge(holder, BUDGETS))
    (envelope,) = world.mail.values()
    await wallet.sync()
    world.deposit(envelope)
    await wallet.sync()
    assert len(wallet.credentials()) == 1
    assert world.mail == {}
