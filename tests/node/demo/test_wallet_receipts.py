"""A receipt is countersigned when it says what was shared, and only then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from node.demo.wallet import Wallet
from protocols.consent.check import is_allowed
from protocols.consent.check_letters import check_receipted
from protocols.consent.digests import payload_hash
from protocols.consent.facts import RequesterFacts
from protocols.consent.receipt import Receipt, ReceiptPayload, parse_receipt, sign_asker
from protocols.consent.record import parse_record, record_hash
from protocols.consent.relay import Answer, Present, Receipted
from protocols.didcomm.message import Message
from protocols.findings import Finding, Outcome
from protocols.flows.consent.messages import PIURI
from protocols.flows.consented_relay.messages import answer_message
from protocols.jose.encoding import digest, digest_json
from protocols.jose.keys import PrivateKey
from protocols.requests.request import request_hash
from protocols.trust.standing import TrustDecision
from tests.support.federation import DAY
from tests.support.wallet_world import ANCHOR, BUDGETS, EMPLOYER, REGISTRATION, RIVAL, World, agree, new_id

GOOD = TrustDecision(outcome="yes", reason="A member in good standing.", cause="member_in_good_standing")
EMPLOYERS = EMPLOYER.key("issue-1")


async def shared(world: World, wallet: Wallet) -> ReceiptPayload:
    """The receipt that fits what the wallet shared just now."""
    await world.gives(wallet, BUDGETS)
    await agree(wallet, await world.asks(wallet))
    middle, sealed = world.opened()
    assert isinstance(middle.said, Present)
    record = parse_record(middle.said.record)
    return ReceiptPayload(
        request_hash=request_hash(middle.said.request),
        record_hash=record_hash(middle.said.record),
        payload_hash=payload_hash(sealed),
        records=record.records,
        received_at=world.clock.now(),
        delete_at=world.clock.now() + timedelta(days=30),
        asker=EMPLOYER.did,
        subject=record.subject,
    )


def sends(world: World, receipt: Receipt) -> None:
    subject, way = world.subject()
    message = Message(
        id=new_id(), type=f"{PIURI}/receipt", created_time=world.clock.now(), body={"receipt": receipt.to_json()}
    )
    world.back(message, by=EMPLOYER, subject=subject, way=way)


async def test_a_right_receipt_comes_back_with_both_signatures(world: World, wallet: Wallet):
    sends(world, sign_asker(await shared(world, wallet), EMPLOYERS))
    await wallet.sync()
    middle, sealed = world.opened()
    subject, _ = world.subject()
    requester = RequesterFacts(document=EMPLOYER.document, registration=REGISTRATION, standing=GOOD)
    assert (type(middle.said), sealed) == (Receipted, None)
    assert is_allowed(check_receipted(middle.said, target=EMPLOYER.did, subject=subject, requester=requester))
    (kept,) = wallet.receipts()
    assert (kept["state"], kept["problem"], kept["requester"]) == ("sent", None, "Harbour Foods")
    assert parse_receipt(kept["receipt"]).to_bytes() == middle.said.receipt.to_bytes()
    assert wallet.history()[0]["state"] == "confirmed"


async def test_the_same_receipt_again_is_countersigned_once(world: World, wallet: Wallet):
    receipt = sign_asker(await shared(world, wallet), EMPLOYERS)
    for _ in range(2):
        sends(world, receipt)
        await wallet.sync()
    assert len(wallet.receipts()) == 1
    assert [type(middle.said).__name__ for middle in world.middles()] == ["Contact", "Present", "Receipted"]


def _later(at: datetime, days: int = 1) -> datetime:
    return at + timedelta(days=days)


ALTERED: dict[str, tuple[Any, str]] = {
    "another ciphertext": (lambda p: {"payload_hash": digest(b"x")}, "It names another ciphertext than what was sent."),
    "another request": (lambda p: {"request_hash": digest(b"x")}, "It names another request."),
    "another sharing": (
        lambda p: {"record_hash": digest(b"x")},
        "It is about a sharing that this wallet did not make.",
    ),
    "fewer records": (lambda p: {"records": ()}, "It lists other records than those that were shared."),
    "kept longer": (
        lambda p: {"delete_at": _later(p.delete_at)},
        "It would keep what was shared longer than agreed.",
    ),
    "dated ahead": (
        lambda p: {"received_at": _later(p.received_at)},
        "It is dated at another time than the sharing.",
    ),
    "another asker": (
        lambda p: {"asker": RIVAL.did},
        "The asker's signature does not hold: it names another DID.",
    ),
    "another learner": (lambda p: {"subject": "did:peer:4zQmSomebodyElse"}, "It names other parties."),
}


@pytest.mark.parametrize("name", ALTERED)
async def test_a_receipt_that_says_something_else_is_kept_as_evidence_and_not_signed(
    world: World, wallet: Wallet, name: str
):
    changes, problem = ALTERED[name]
    payload = await shared(world, wallet)
    sends(world, sign_asker(replace(payload, **changes(payload)), EMPLOYERS))
    await wallet.sync()
    assert [(kept["state"], kept["problem"]) for kept in wallet.receipts()] == [("refused", problem)]
    assert len(wallet.receipts()[0]["receipt"]["signatures"]) == 1
    assert [type(middle.said).__name__ for middle in world.middles()] == ["Contact", "Present"]
    assert wallet.history()[0]["state"] == "sent"


async def test_a_receipt_altered_after_it_was_signed_is_not_signed(world: World, wallet: Wallet):
    payload = await shared(world, wallet)
    signed = sign_asker(payload, EMPLOYERS)
    sends(world, replace(signed, payload=replace(payload, delete_at=payload.delete_at - DAY)))
    await wallet.sync()
    ((state, problem),) = [(kept["state"], kept["problem"]) for kept in wallet.receipts()]
    assert (state, problem) == ("refused", "The asker's signature does not hold: the signature does not hold.")


async def test_a_receipt_signed_by_another_key_is_not_signed(world: World, wallet: Wallet):
    stranger = PrivateKey.from_secret("Ed25519", b"s" * 32, EMPLOYERS.kid)
    sends(world, sign_asker(await shared(world, wallet), stranger))
    await wallet.sync()
    assert [kept["state"] for kept in wallet.receipts()] == ["refused"]


async def test_a_second_receipt_for_one_sharing_is_refused(world: World, wallet: Wallet):
    payload = await shared(world, wallet)
    for delete_at in (payload.delete_at, payload.delete_at - DAY):
        sends(world, sign_asker(replace(payload, delete_at=delete_at), EMPLOYERS))
        await wallet.sync()
    assert [(kept["state"], kept["problem"]) for kept in wallet.receipts()] == [
        ("sent", None),
        ("refused", "Another receipt was given for this sharing."),
    ]


def answers(world: World, about: str, *, delivered: bool, by=ANCHOR) -> None:
    subject, way = world.subject()
    refusal = Finding(number=6, name="request live", outcome=Outcome.NO, reason="the request has expired")
    now = world.clock.now()
    answer = Answer(about=about, delivered=delivered, refusals=() if delivered else (refusal,))
    message = answer_message(answer, id=new_id(), ours=by.did, subject=subject.id, now=now, expires_at=now + DAY)
    world.back(message, by=by, subject=subject, way=way)


async def test_the_exit_s_answer_tells_what_became_of_a_sharing(world: World, wallet: Wallet):
    await shared(world, wallet)
    middle, _ = world.opened()
    assert isinstance(middle.said, Present)
    answers(world, digest(middle.said.use.encode()), delivered=False)
    await wallet.sync()
    (entry,) = wallet.history()
    assert (entry["state"], entry["refusals"]) == (
        "refused",
        [{"name": "request live", "reason": "the request has expired"}],
    )


async def test_delivered_stays_delivered_and_receipts_are_answered_too(world: World, wallet: Wallet):
    sends(world, sign_asker(await shared(world, wallet), EMPLOYERS))
    await wallet.sync()
    middle, _ = world.opened()
    assert isinstance(middle.said, Receipted)
    about = digest_json(middle.said.receipt.to_json())
    for delivered in (True, False):
        answers(world, about, delivered=delivered)
        await wallet.sync()
    assert [kept["state"] for kept in wallet.receipts()] == ["delivered"]


async def test_an_answer_by_the_asker_or_about_nothing_changes_nothing(world: World, wallet: Wallet):
    await shared(world, wallet)
    middle, _ = world.opened()
    assert isinstance(middle.said, Present)
    answers(world, digest(middle.said.use.encode()), delivered=True, by=EMPLOYER)
    answers(world, digest(b"something else"), delivered=True)
    await wallet.sync()
    assert wallet.history()[0]["state"] == "sent"
