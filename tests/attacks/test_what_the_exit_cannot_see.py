"""Only the asker opens the sealed part. What it finds there and cannot use does not vanish, and is not tried for ever.

The exit delivered it and the learner was told so: the recruiter must be told that something came.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlmodel import Session, select

from node.clock import entropy, new_id
from node.demo.wallet import identities
from node.demo.wallet.rows import keys
from node.storage.tables.exchange import Presentation, Receipt
from protocols.consent.presentation import Disclosure
from protocols.didcomm.envelope import pack_authcrypt, peek
from protocols.didcomm.message import Message
from protocols.flows.present_proof.messages import Present as PresentCommand
from protocols.flows.present_proof.messages import presentation
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from tests.support.attackers import PING, events, work
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Asked, Network
from tests.support.rude import Draft, drafted

pytestmark = SHARED_LOOP

Change = Callable[[Message], Message]


def said(draft: Draft) -> Message:
    """The message that belongs into the sealed part."""
    command = PresentCommand(presentation=draft.presentation, disclosure=Disclosure(salts=tuple(draft.salts)).to_json())
    ours, theirs = draft.view.asker.subject, draft.view.asker.asker
    return presentation(
        command, thread_id=draft.view.asked.thread, ours=ours, theirs=theirs, id=new_id(), now=draft.now
    )


async def seal(draft: Draft, payload: Message | bytes, *, as_long: bool = False) -> None:
    """Seals anything at all as that learner, under the short or the long form of their DID."""
    wallet, asker = draft.learner.wallet, draft.view.asker
    document = await wallet.sharing.documents.of(asker.asker)
    with wallet.store.step("test.seal") as db:
        key = identities.agreement(db, wallet.sharing.seal, asker.subject, as_long=as_long)
        if as_long and isinstance(payload, Message):
            payload = replace(payload, sender=keys.long_form(db, asker.subject))
    recipients = document.keys_for("keyAgreement", "X25519")
    draft.inner = parse_object(pack_authcrypt(payload, sender=key, recipients=recipients, entropy=entropy))


async def test_a_presentation_sealed_under_the_long_form_of_the_did_is_opened_and_reported(network: Network) -> None:
    learner, asked = await network.learner(), await network.ask()
    draft = drafted(learner, await learner.meets(asked.link))
    await seal(draft, said(draft), as_long=True)
    assert draft.inner is not None
    assert len(skid(draft.inner)) > 2 * len(draft.view.asker.subject), "the long form, with the whole document"
    await draft.sent()
    assert await draft.answer() == ("delivered", {})
    await asked.report("verified")
    assert await asked.learners() == {"shared": 1}


def skid(envelope: JsonObject) -> str:
    claimed = peek(canonical_json(envelope)).skid
    assert claimed is not None
    return claimed


async def not_a_message(draft: Draft) -> None:
    await seal(draft, b"no message at all")


async def another_kind_of_message(draft: Draft) -> None:
    await seal(draft, replace(said(draft), type=PING))


async def an_answer_in_another_thread(draft: Draft) -> None:
    await seal(draft, replace(said(draft), thid=new_id()))


async def what_does_not_open(draft: Draft) -> None:
    """The header, all that the exit can read, is as it should be."""
    await seal(draft, said(draft))
    assert draft.inner is not None
    draft.inner = {**draft.inner, "ciphertext": draft.inner["ciphertext"][::-1]}


UNREADABLE: dict[str, Callable[[Draft], Awaitable[None]]] = {
    "no message": not_a_message,
    "another kind of message": another_kind_of_message,
    "an answer in another thread": an_answer_in_another_thread,
    "a part that does not open": what_does_not_open,
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_what_cannot_be_read_is_said_to_be_unreadable_and_not_tried_again(network: Network, what: str) -> None:
    learner, asked = await network.learner(), await network.ask()
    draft = drafted(learner, await learner.meets(asked.link))
    dead = len(await work(network.employer, "exchange.delivery"))
    await UNREADABLE[what](draft)
    await draft.sent()
    assert (await draft.answer())[0] == "delivered"

    async def told() -> bool:
        return await asked.learners() == {"unreadable": 1}

    await network.until("the asker to say that it is unreadable", told)
    assert len(await work(network.employer, "exchange.delivery")) == dead, "neither waiting nor given up"
    assert (await asked.reports(), await asked.receipts()) == ([], [])
    assert await kept(network, asked) == (0, 0)


async def kept(network: Network, asked: Asked) -> tuple[int, int]:
    """Presentations and receipts that stand at the asker for a request."""

    def count(session: Session) -> tuple[int, int]:
        found = session.exec(select(Presentation.id).where(Presentation.request_id == asked.id)).all()
        given = session.exec(select(Receipt.id).where(Receipt.request_id == asked.id)).all()
        return len(found), len(given)

    return await network.employer.read(count)


async def test_who_was_unreadable_can_answer_again(network: Network) -> None:
    learner, asked = await network.learner(), await network.ask()
    request = await learner.meets(asked.link)
    draft = drafted(learner, request)
    await not_a_message(draft)
    await draft.sent()
    await draft.answer()
    await learner.approves(request)
    await asked.report("verified")
    assert await asked.learners() == {"shared": 1}


async def test_a_credential_that_is_not_ascii_is_reported_as_none_and_breaks_nothing(network: Network) -> None:
    learner, asked = await network.learner(), await network.ask()
    draft = drafted(learner, await learner.meets(asked.link))
    dead = len(await work(network.employer, "exchange.delivery"))
    draft.presentation = {**draft.presentation, "verifiableCredential": ["\u00e9.e.e"]}
    await draft.sent()
    report = await asked.report("not_verified")
    disclosed = {check["name"]: check for check in report["consent"]["checks"]}["discloses no more than consented"]
    assert (disclosed["outcome"], disclosed["reason"]) == ("no", "not a credential in compact JOSE form")
    assert await asked.learners() == {"shared": 1}
    assert len(await work(network.employer, "exchange.delivery")) == dead
    assert events(network.employer, "work broke") == []
