"""A phone is lost: the wallet on it gets nothing more, and the next one gets everything that still holds."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from node.demo.wallet.errors import Refused
from node.storage.repos import issuance
from node.storage.tables.messages import FlowThread, KnownDid, MailboxGrant, MailboxMessage
from tests.support.drafts import draft
from tests.support.fixtures import SHARED_LOOP
from tests.support.learners import Learner
from tests.support.network import BUSINESS_WRITING, FORECASTING, Network
from tests.support.nodes import Refusal

pytestmark = SHARED_LOOP

REISSUED = "reissued to a new key"


async def next_wallet(network: Network, lost: Learner) -> tuple[Learner, dict[str, str]]:
    """The person's next wallet, bound by the code that `rebind` gives; what the operator saw is with it."""
    made = await network.institution.post(f"/learners/{lost.id}/rebind")
    folder, wallet = await network.wallet()
    await wallet.enrol(made["link"], made["code"])
    return Learner(id=lost.id, institution=lost.institution, folder=folder, wallet=wallet), made


async def awards_of(network: Network, learner: Learner) -> dict[str, dict[str, Any]]:
    """Every award of the person by its id, in the order they were made."""
    items = await network.institution.items("/credentials?limit=200")
    return {item["id"]: item for item in items if item["learner_id"] == learner.id}


async def holds(network: Network, learner: Learner, count: int) -> list[dict[str, Any]]:
    async def look() -> bool:
        await learner.sync()
        return len(learner.wallet.credentials()) == count

    await network.until(f"{count} badges to be in the wallet", look)
    return [held["document"] for held in learner.wallet.credentials()]


async def kept_for(network: Network, did: str) -> dict[str, int]:
    """What the institution keeps for or about a wallet."""

    def count(session: Session) -> dict[str, int]:
        queries = (
            select(MailboxGrant).where(MailboxGrant.owner == did),
            select(MailboxMessage).where(MailboxMessage.owner == did),
            select(FlowThread).where(FlowThread.theirs == did),
            select(KnownDid).where(KnownDid.did == did),
        )
        names = ("grants", "mail", "threads", "known")
        return {name: len(session.exec(query).all()) for name, query in zip(names, queries, strict=True)}

    return await network.institution.read(count)


async def test_the_old_wallet_gets_nothing_more_and_the_next_one_everything_that_holds(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    writing, ended = await lost.award(BUSINESS_WRITING.slug), await lost.award(BUSINESS_WRITING.slug)
    forecasting = next(iter(await awards_of(network, lost)))
    await network.institution.post(f"/credentials/{writing}/suspend", {"reason": "Under review"})
    await network.institution.post(f"/credentials/{ended}/revoke", {"reason": "By mistake"})
    offered = (
        await network.institution.post("/credentials", {"learner_id": lost.id, "achievement": FORECASTING.slug})
    )["id"]

    async def is_waiting() -> bool:
        return await network.waiting_for(lost) > 0

    await network.until("the offer to wait for the phone", is_waiting)
    had, old_did = lost.wallet.credentials(), lost.mediation_did

    made = await network.institution.post(f"/learners/{lost.id}/rebind")
    assert made["learner"]["id"] == lost.id
    assert made["learner"]["enrolled"] is False
    assert await kept_for(network, old_did) == {"grants": 0, "mail": 0, "threads": 0, "known": 0}
    assert (await awards_of(network, lost))[offered]["state"] == "waiting"

    await lost.sync()
    assert lost.wallet.credentials() == had

    folder, wallet = await network.wallet()
    await wallet.enrol(made["link"], made["code"])
    found = Learner(id=lost.id, institution=lost.institution, folder=folder, wallet=wallet)
    documents = await holds(network, found, 3)
    awards = await awards_of(network, lost)
    new = [award for id, award in awards.items() if id not in {forecasting, writing, ended, offered}]
    assert [(awards[id]["state"], awards[id]["reason"]) for id in (forecasting, writing, ended, offered)] == [
        ("revoked", REISSUED),
        ("revoked", REISSUED),
        ("revoked", "By mistake"),
        ("issued", None),
    ]
    assert [(award["achievement"], award["state"], award["reason"]) for award in new] == [
        (FORECASTING.slug, "issued", None),
        (BUSINESS_WRITING.slug, "suspended", "Under review"),
    ]
    assert {document["credentialSubject"]["id"] for document in documents} == {found.holder}
    assert found.holder != lost.holder
    assert {document["id"] for document in documents} == {
        award["credential"]["id"] for award in (*new, awards[offered])
    }

    await lost.sync()
    assert lost.wallet.credentials() == had
    assert (await kept_for(network, old_did))["grants"] == 0


async def test_the_next_wallet_answers_an_employer_and_the_old_one_is_not_vouched_for(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    request = await lost.meets((before := await network.ask()).link)
    found, _ = await next_wallet(network, lost)
    await holds(network, found, 1)

    lines = len(network.institution.lines())
    await lost.approves(request)

    async def refused() -> bool:
        await lost.sync()
        return any(
            line["event"] == "message refused" and line["type"].endswith("/consented-relay/1.0/relay")
            for line in network.institution.lines()[lines:]
        )

    await network.until("the entry to refuse", refused)
    assert await before.reports() == []

    asked = await network.ask()
    await found.answers(asked.link)
    report = await asked.report("verified")
    assert report["subject"] != lost.holder


async def test_a_wallet_that_was_given_nothing_yet_is_rebound_and_only_the_last_code_is_good(network: Network) -> None:
    id, link, first = await network.person()
    second = await network.institution.post(f"/learners/{id}/rebind")
    third = await network.institution.post(f"/learners/{id}/rebind")
    assert len({first, second["code"], third["code"]}) == 3
    for code in (first, second["code"]):
        _, wallet = await network.wallet()
        with pytest.raises(Refused, match="code"):
            await wallet.enrol(link, code)
    _, wallet = await network.wallet()
    assert (await wallet.enrol(third["link"], third["code"])).state == "ready"


async def test_a_second_loss_before_the_badges_came_issues_each_of_them_once(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    again, _ = await next_wallet(network, lost)  # it is offered the badge, and never asks for it
    found, _ = await next_wallet(network, again)
    await holds(network, found, 1)
    assert [award["state"] for award in (await awards_of(network, lost)).values()] == ["revoked", "issued"]


async def test_a_badge_that_is_revoked_meanwhile_does_not_come_again(network: Network) -> None:
    lost = await network.learner(FORECASTING, BUSINESS_WRITING)
    old = next(iter(await awards_of(network, lost)))
    found, _ = await next_wallet(network, lost)  # enrolling does not accept offers
    await network.institution.post(f"/credentials/{old}/revoke", {"reason": "Plagiarism"})
    (document,) = await holds(network, found, 1)
    assert document["credentialSubject"]["achievement"]["name"] == BUSINESS_WRITING.name
    awards = list((await awards_of(network, lost)).values())
    assert [(award["achievement"], award["state"], award["reason"]) for award in awards] == [
        (FORECASTING.slug, "revoked", "Plagiarism"),
        (BUSINESS_WRITING.slug, "revoked", REISSUED),
        (FORECASTING.slug, "revoked", "Plagiarism"),
        (BUSINESS_WRITING.slug, "issued", None),
    ]
    assert awards[2]["credential"] is None


async def test_an_expired_badge_is_not_issued_anew_and_a_whole_badge_is_as_it_was(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    await lost.award(None, badge=draft())
    (id, _), *_ = (await awards_of(network, lost)).items()

    def expire(session: Session) -> None:
        row = issuance.get(session, id)
        row.valid_until = row.issued_at
        session.add(row)

    await network.institution.write(expire)
    found, _ = await next_wallet(network, lost)
    (document,) = await holds(network, found, 1)
    before = next(held["document"] for held in lost.wallet.credentials() if "evidence" in held["document"])
    given = {"id", "proof", "validFrom", "credentialStatus", "credentialSubject"}
    assert {name: value for name, value in document.items() if name not in given} == {
        name: value for name, value in before.items() if name not in given
    }
    assert {**document["credentialSubject"], "id": ""} == {**before["credentialSubject"], "id": ""}


async def test_an_offer_that_the_old_wallet_saw_is_of_no_use_to_it(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    body = {"learner_id": lost.id, "achievement": BUSINESS_WRITING.slug}
    offered = (await network.institution.post("/credentials", body))["id"]

    async def is_offered() -> bool:
        await lost.wallet.sync(accept_offers=False)
        return any(offer["state"] == "waiting" for offer in lost.rows("SELECT state FROM offers"))

    await network.until("the offer to be on the phone", is_offered)
    made = await network.institution.post(f"/learners/{lost.id}/rebind")
    lines = len(network.institution.lines())
    await lost.sync()  # it says yes

    def refusals() -> list[str]:
        found = [line for line in network.institution.lines()[lines:] if line["event"] == "message refused"]
        return [line["type"].rpartition("/")[2] for line in found]

    async def is_refused() -> bool:
        return "request-credential" in refusals()

    await network.until("the request to be refused", is_refused)
    award = (await awards_of(network, lost))[offered]
    assert (award["state"], award["credential"]) == ("waiting", None)
    assert made["learner"]["enrolled"] is False
    assert len(lost.wallet.credentials()) == 1


async def test_what_was_being_signed_for_the_old_key_is_not_issued(network: Network) -> None:
    lost = await network.learner(FORECASTING)
    (id,) = await awards_of(network, lost)

    def ask_again(session: Session) -> None:
        row = issuance.get(session, id)
        row.state, row.document = issuance.REQUESTED, None
        session.add(row)

    await network.institution.write(ask_again)
    service = network.institution.services.issuance
    signed = await service.sign({"id": id})
    made = await network.institution.post(f"/learners/{lost.id}/rebind")
    await network.institution.write(signed)
    too_late = await service.sign({"id": id})
    await network.institution.write(too_late)
    award = (await awards_of(network, lost))[id]
    assert (award["state"], award["credential"]) == ("waiting", None)

    folder, wallet = await network.wallet()
    await wallet.enrol(made["link"], made["code"])
    found = Learner(id=lost.id, institution=lost.institution, folder=folder, wallet=wallet)
    (document,) = await holds(network, found, 1)
    assert document["credentialSubject"]["id"] == found.holder
    await network.institution.write(signed)  # of a holder who is none any more
    assert (await awards_of(network, lost))[id]["credential"] == document


async def test_a_message_that_was_set_stays_said(tmp_path: Path) -> None:
    statuses = {"messages": ["in force", "lapsed"]}
    async with Network(tmp_path, each={"Lakeside": {"statuses": statuses}}) as network:
        lost = await network.learner(FORECASTING)
        (old,) = await awards_of(network, lost)
        await network.institution.post(f"/credentials/{old}/message", {"message": "lapsed"})
        found, _ = await next_wallet(network, lost)
        await holds(network, found, 1)
        *_, new = await awards_of(network, lost)
        lists = network.institution.services.status_lists
        said = await network.institution.read(
            lambda session: (lists.message(session, old), lists.message(session, new))
        )
        assert said == ("lapsed", "lapsed")


async def test_nobody_is_rebound_who_is_not_known(network: Network) -> None:
    with pytest.raises(Refusal) as refused:
        await network.institution.post("/learners/nobody/rebind")
    assert (refused.value.status, refused.value.problem["detail"]) == (404, "no such learner")
    assert refused.value.problem["found"] == "nobody"
