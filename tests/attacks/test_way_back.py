"""What comes back to a learner comes to that learner, whoever else would have it, or would have them written to."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, select

from node.clock import entropy, new_id
from node.demo.wallet import identities
from node.demo.wallet.rows import askers, keys
from node.storage.repos import mailbox
from node.storage.tables.exchange import RelayRoute
from node.storage.tables.messages import MailboxMessage, OutboxDestination
from protocols.consent.letters import (
    ContactLetter,
    DeclineLetter,
    Return,
    return_hash,
    sign_contact,
    sign_decline,
)
from protocols.consent.relay import CONSENTED_RELAY, Contact, Decline, Middle
from protocols.didcomm.envelope import pack_authcrypt
from protocols.flows.consented_relay.messages import middle_message
from protocols.jose.encoding import parse_object
from protocols.requests.request import request_hash
from tests.support.attackers import carried, claims_recipient, enrolled, events, relayed, stranger, work
from tests.support.fixtures import SHARED_LOOP
from tests.support.forged_exit import checked, next_check
from tests.support.learners import Learner
from tests.support.network import Network
from tests.support.nodes import Node, wait_until
from tests.support.rude import asker_of
from tests.support.strangers import document_of

pytestmark = SHARED_LOOP

SEALED = {"protected": "e30", "recipients": [], "iv": "AA", "ciphertext": "AAAA", "tag": "AA"}


def asker_made(learner: Learner) -> askers.Asker:
    """The one relation to an asker that a learner's wallet has."""
    with learner.wallet.store.read() as db:
        found = askers.asker(db, learner.rows("SELECT subject FROM askers")[0]["subject"])
    assert found is not None
    return found


async def routes(node: Node) -> set[str]:
    return await node.read(lambda session: set(session.exec(select(RelayRoute.per_asker_did)).all()))


def owner_of(recipient: str, session: Session) -> str | None:
    return mailbox.owner_of(session, recipient)


def letter(asked_by: askers.Asker, invitation: str, way_back: Return, *, subject: str, signer: Any) -> Middle:
    """A contact as a wallet writes it, signed by whoever signs."""
    now = asked_by.at
    said = ContactLetter(
        invitation=invitation,
        subject=subject,
        asker=asked_by.asker,
        exit=asked_by.exit,
        return_hash=return_hash(way_back),
        issued_at=now,
    )
    return Middle(next=asked_by.asker, said=Contact(letter=sign_contact(said, signer)), way_back=way_back)


# --- whose mail it is


async def test_a_per_asker_did_that_has_a_way_back_joins_nobodys_keylist(network: Network) -> None:
    """Somebody enrolled at the exit claims the DID as theirs, while the exchange is under way."""
    learner, asked = await network.learner(), await network.ask()
    request = await learner.meets(asked.link)
    victim = asker_of(learner, request)
    exit = network.node_of(victim.exit)
    thief = await enrolled(network, exit)
    await claims_recipient(thief, victim.subject)
    assert await exit.read(partial(owner_of, victim.subject)) is None
    await learner.approves(request)
    await learner.receipt()
    assert await mail_for(exit, victim.subject) == 0


async def mail_for(node: Node, recipient: str) -> int:
    query = select(MailboxMessage.id).where(MailboxMessage.recipient == recipient)
    return await node.read(lambda session: len(session.exec(query).all()))


async def test_a_keylist_entry_that_was_there_first_takes_nothing_from_the_way_back(network: Network) -> None:
    learner, asked = await network.learner(), await network.ask()
    request = await learner.meets(asked.link)
    victim = asker_of(learner, request)
    exit = network.node_of(victim.exit)
    thief = (await enrolled(network, exit)).mediation_did

    def claimed(session: Session) -> None:
        mailbox.grant(session, recipient=victim.subject, owner=thief, now=exit.clock.now())

    await exit.write(claimed)
    assert await exit.read(partial(owner_of, victim.subject)) == thief
    await learner.approves(request)
    await learner.receipt()
    assert await mail_for(exit, victim.subject) == 0


async def test_another_learners_recipient_joins_nobody_elses_keylist(network: Network) -> None:
    learner, thief = await network.learner(), await enrolled(network, network.institution)
    await claims_recipient(thief, learner.mediation_did)
    assert await network.institution.read(partial(owner_of, learner.mediation_did)) == learner.mediation_did


# --- where the way back may lead


async def test_a_mailbox_that_would_have_to_be_looked_up_is_refused_and_holds_up_nobody(network: Network) -> None:
    """Each such answer would be a failure of the entry's own destination, and the next honest one would wait."""
    learner, asked = await network.learner(), await network.ask()
    mine = asker_of(learner, await learner.meets(asked.link))
    exit, before = network.node_of(mine.exit), await routes(network.node_of(mine.exit))
    dead = len(await work(exit, "relay.check"))
    for number in range(5):
        with learner.wallet.store.step("test.fresh") as db:
            subject = identities.new_peer(db, learner.wallet.sharing.seal, mediator=mine.exit)
            signer = identities.signer(db, learner.wallet.sharing.seal, subject, as_long=True)
            long = keys.long_form(db, subject)
        way_back = replace(mine.way_back, mailbox=f"did:web:nobody-there-{number}.example")
        await relayed(learner, exit, letter(mine, invitation_of(learner), way_back, subject=long, signer=signer))

    async def all_refused() -> bool:
        return [row.state for row in (await work(exit, "relay.check"))[dead:]] == ["dead"] * 5

    await network.until("the exit to refuse them", all_refused)
    refused = (await work(exit, "relay.check"))[dead:]
    assert {(row.state, row.attempts, row.last_error) for row in refused} == {("dead", 1, "a mailbox of another kind")}
    assert await routes(exit) == before
    assert await exit.read(failing) == []
    honest = await network.learner()
    await honest.meets(asked.link)


def failing(session: Session) -> list[str]:
    return [place.destination for place in session.exec(select(OutboxDestination)) if place.failures]


def invitation_of(learner: Learner) -> str:
    return learner.rows("SELECT invitation FROM contacts")[0]["invitation"]


# --- who is answered


async def test_a_contact_that_the_did_did_not_sign_is_not_answered_and_opens_no_way(network: Network) -> None:
    """An accomplice of nobody names another's DID, and a way back to that other's own mailbox."""
    victim, attacker, asked = await network.learner(), await network.learner(), await network.ask()
    theirs = asker_of(victim, await victim.meets(asked.link))
    exit = network.node_of(theirs.exit)
    with victim.wallet.store.read() as db:
        long = keys.long_form(db, theirs.subject)
    forger = stranger()
    unmet = stranger(theirs.exit)
    known_ways = await routes(exit)
    for subject in (long, unmet.long):
        middle = letter(
            theirs,
            invitation_of(victim),
            theirs.way_back,
            subject=subject,
            signer=forger.signing.named(f"{subject}#key-1"),
        )
        await says_nothing(exit, attacker, middle, "contact")
    assert await routes(exit) == known_ways


async def says_nothing(exit: Node, attacker: Learner, middle: Middle, kind: str) -> None:
    """The exit refuses it and sends nobody anything."""

    async def is_quiet() -> bool:
        return (await exit.get("/queues"))["outbox_waiting"] == 0

    await wait_until("the exit to have said what it has to say", is_quiet)
    before, posted = len(checked(exit, "relay checked")), len(exit.posted)
    await relayed(attacker, exit, middle)
    check = await next_check(exit, "relay checked", before)
    assert (check["kind"], check["allowed"]) == (kind, False)
    assert [name for name in check["refusals"] if "signed by" in name]
    assert await is_quiet()
    assert len(exit.posted) == posted


async def test_a_decline_that_the_did_did_not_sign_is_not_answered_and_declines_nothing(network: Network) -> None:
    victim, attacker, asked = await network.learner(), await network.learner(), await network.ask()
    theirs = asker_of(victim, await victim.meets(asked.link))
    exit, forger = network.node_of(theirs.exit), stranger()
    jws = victim.rows("SELECT jws FROM requests")[0]["jws"]
    said = DeclineLetter(subject=theirs.subject, request_hash=request_hash(jws), issued_at=theirs.at)
    token = sign_decline(said, forger.signing.named(f"{theirs.subject}#key-1"))
    await says_nothing(exit, attacker, Middle(next=theirs.asker, said=Decline(request=jws, letter=token)), "decline")
    assert await asked.learners() == {"asked": 1}


# --- what an exit looks at


async def test_a_middle_that_says_who_sealed_it_is_refused_at_once_and_not_tried_again(network: Network) -> None:
    learner, asked = await network.learner(), await network.ask()
    mine = asker_of(learner, await learner.meets(asked.link))
    exit, author = network.node_of(mine.exit), stranger()
    document = await document_of(exit)
    with learner.wallet.store.step("test.signer") as db:
        signer = identities.signer(db, learner.wallet.sharing.seal, mine.subject, as_long=True)
        long = keys.long_form(db, mine.subject)
    said = letter(mine, invitation_of(learner), mine.way_back, subject=long, signer=signer)
    message = middle_message(said, None, id=new_id(), exit=exit.did, now=mine.at)
    before = len(await work(exit, "relay.check"))
    for sender in (author.long, "did:web:nobody-there.example"):
        sealed = pack_authcrypt(
            replace(message, sender=sender),
            sender=author.agreeing.named(f"{sender}#key-2"),
            recipients=document.keys_for("keyAgreement", "X25519"),
            entropy=entropy,
        )
        await carried(learner, exit.did, parse_object(sealed))

    async def both() -> bool:
        return [row.state for row in (await work(exit, "relay.check"))[before:]] == ["dead", "dead"]

    await network.until("the exit to refuse them", both)
    refused = (await work(exit, "relay.check"))[before:]
    assert [(row.attempts, row.last_error) for row in refused] == [(1, "not a middle")] * 2
    assert events(exit, "work broke") == []


# --- where an entry carries something


@pytest.mark.parametrize("who", ["a member that is no relay", "nobody"])
async def test_an_entry_carries_nothing_to_who_is_no_relay(network: Network, who: str) -> None:
    learner = await enrolled(network, network.institution)
    entry, asker = network.institution, network.employer
    posted, before = len(entry.posted), len(events(entry, "message refused", type=f"{CONSENTED_RELAY}/relay"))
    await carried(learner, "did:web:nobody-there.example" if who == "nobody" else asker.did, SEALED)
    refused = events(entry, "message refused", type=f"{CONSENTED_RELAY}/relay")[before:]
    assert [line["code"] for line in refused] == ["e.p.trust"]
    assert (len(entry.posted), (await entry.get("/queues"))["outbox_waiting"]) == (posted, 0)
