"""What is wrong with a badge has a name and a reason in the employer's report, each its own."""

import copy
from datetime import timedelta
from typing import Any

from node.services.did_document import Purpose
from protocols.credentials.proofs import add_proof
from protocols.jose.encoding import JsonObject
from tests.support.findings import faults, one
from tests.support.fixtures import SHARED_LOOP
from tests.support.learners import Learner
from tests.support.network import BUSINESS_WRITING, FORECASTING, WRITING, Asked, Network
from tests.support.rude import drafted

pytestmark = SHARED_LOOP

NOT_MET = "A credential is aligned to this skill, but it did not verify."


async def shared(network: Network, learner: Learner, *credentials: JsonObject) -> Asked:
    """A request that the learner answers with these records, whatever an honest wallet would say of them."""
    asked = await network.ask()
    request = await learner.meets(asked.link)
    draft = await drafted(learner, request, *credentials).sent()
    assert await draft.answer() == ("delivered", {})
    return asked


def badge_of(learner: Learner) -> dict[str, Any]:
    return copy.deepcopy(learner.wallet.credentials()[0]["document"])


async def test_a_tampered_badge(network: Network) -> None:
    learner = await network.learner()
    badge = badge_of(learner)
    badge["credentialSubject"]["achievement"]["name"] = "Everything There Is"
    asked = await shared(network, learner, badge)
    report = await asked.report("not_verified")
    finding = one(report, 4, "proof")
    assert (finding["outcome"], finding["reason"]) == (
        "no",
        "The signature does not fit: the document or the proof was changed after signing.",
    )
    assert one(report, 4, "signed by its issuer")["reason"] == "the issuer's proof does not hold"
    assert one(report, 10, "skill asked")["reason"] == NOT_MET
    assert {name for _, name, outcome in faults(report) if outcome == "no"} == {
        "proof",
        "signed by its issuer",
        "skill asked",
    }


async def test_a_badge_from_a_non_member(network: Network) -> None:
    stranger = await network.second_institution(joins=False)
    learner = await network.learner()
    id, link, code = await network.person(stranger)
    await learner.wallet.enrol(link, code)
    elsewhere = Learner(id=id, institution=stranger, folder=learner.folder, wallet=learner.wallet)
    await elsewhere.award(BUSINESS_WRITING.slug)
    badge = next(item["document"] for item in learner.wallet.credentials() if item["issuer"] == stranger.did)
    asked = await network.ask(WRITING)
    await learner.answers(asked.link)
    report = await asked.report("not_verified")
    finding = one(report, 7, "issuer standing as of signing")
    assert badge["issuer"]["id"] == finding["evidence"]["issuer"] == stranger.did
    assert (finding["outcome"], finding["evidence"]["cause"]) == ("no", "not_a_member")
    assert report["issuer"]["standing"] == "no"
    assert one(report, 10, "skill asked")["reason"] == NOT_MET


async def test_a_badge_signed_by_another_dids_key(network: Network) -> None:
    learner = await network.learner()
    badge = {name: value for name, value in badge_of(learner).items() if name != "proof"}
    other = network.employer.services.identity
    forged = add_proof(
        badge,
        suite="eddsa-rdfc-2022",
        signer=other.signer(Purpose.ASSERTION),
        purpose="assertionMethod",
        created=network.employer.clock.now().replace(microsecond=0),
    )
    asked = await shared(network, learner, forged)
    report = await asked.report("not_verified")
    finding = one(report, 4, "signed by its issuer")
    assert (finding["outcome"], finding["reason"]) == ("no", "no proof is by a key of its issuer")
    assert finding["evidence"]["issuer"] == network.institution.did
    assert one(report, 4, "proof")["evidence"]["verification_method"].startswith(network.employer.did)


async def test_a_presentation_replayed_to_another_request(network: Network) -> None:
    """Whoever got a presentation once, and shows it again as their answer to somebody else's question."""
    learner = await network.learner()
    first = await learner.meets((await network.ask()).link)
    shown = drafted(learner, first)
    await shown.sent()
    await shown.answer()
    asked = await network.ask()
    await learner.follow(asked.link)

    async def another() -> str | None:
        await learner.sync()
        return next((item["id"] for item in learner.wallet.requests() if item["id"] != first), None)

    second = await network.until("the second request", another)
    again = drafted(learner, second)
    again.presentation = shown.presentation
    await again.sent()
    assert (await again.answer())[0] == "delivered", "the exit cannot read it"
    report = await asked.report("not_verified")
    assert one(report, 10, "challenge is the request")["outcome"] == "no"
    assert one(report, 10, "challenge is the request")["reason"] == "a proof's challenge is not this request's hash"
    assert one(report, 4, "presentation proof")["outcome"] == "no"
    assert one(report, 8, "presentation signed by its holder")["reason"] == "the holder's proof does not hold"


async def test_the_same_presentation_delivered_again_is_refused_by_name(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    draft = drafted(learner, await learner.meets(asked.link))
    await draft.sent()
    assert await draft.answer() == ("delivered", {})
    await asked.report()
    with learner.wallet.store.step("test.forget") as db:
        db.execute("DELETE FROM sent")
    await draft.sent()  # the same record, use and ciphertext in a new envelope
    assert await draft.answer() == ("refused", {"not replayed": "this use was delivered before"})
    assert len(await asked.receipts()) == 1


async def test_an_expired_badge(own_network: Network) -> None:
    network = own_network
    learner = await network.learner()
    now = network.institution.clock.now()
    await learner.award(BUSINESS_WRITING.slug, valid_until=(now + timedelta(minutes=5)).isoformat())
    asked = await network.ask(WRITING)
    await learner.answers(asked.link)
    before = await asked.report("verified")
    assert one(before, 5, "dates")["outcome"] == "yes"

    network.employer.clock.moved += timedelta(minutes=6)
    await verify_again(network, asked)
    report = await asked.report("not_verified")
    finding = one(report, 5, "dates")
    assert finding["outcome"] == "no"
    assert finding["reason"].startswith("It was valid until")
    assert one(report, 10, "skill asked")["reason"] == NOT_MET


async def test_a_stale_status_list(own_network: Network) -> None:
    """The college cannot be reached for a while; what was clear then is not known to be clear now."""
    network = own_network
    learner = await network.learner(FORECASTING)
    asked = await network.ask()
    await learner.answers(asked.link)
    await asked.report("verified")

    await network.institution.stop()
    network.employer.clock.moved += timedelta(minutes=2)
    await verify_again(network, asked)
    report = await asked.report("could_not_tell")
    finding = one(report, 6, "status: revocation")
    assert (finding["outcome"], finding["evidence"]["freshness"]) == ("could_not_tell", "stale")
    assert finding["reason"].startswith("clear when last looked, but the list is stale")
    assert report["status"]["freshness"] == "stale"
    assert faults(report) == [
        (6, "status: revocation", "could_not_tell"),
        (6, "status: suspension", "could_not_tell"),
        (10, "skill asked", "could_not_tell"),
    ]

    await network.institution.start()
    network.employer.clock.moved += timedelta(minutes=2)  # the list's next turn comes
    await network.until("the list to be fresh again", lambda: is_fresh(network))
    await verify_again(network, asked)
    assert one(await asked.report("verified"), 6, "status: revocation")["evidence"]["freshness"] == "fresh"


async def is_fresh(network: Network) -> bool:
    return {item["freshness"] for item in await network.employer.items("/status")} == {"fresh"}


async def verify_again(network: Network, asked: Asked) -> None:
    presentation = (await network.employer.items(f"/requests/{asked.id}/reports"))[-1]["presentation_id"]
    await network.employer.post(f"/presentations/{presentation}/verify")
