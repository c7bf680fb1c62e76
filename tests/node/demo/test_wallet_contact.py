"""Opening an asker's link: who asks is looked at, and nobody on the way gets to know both sides."""

import json
import random

import pytest

from node.demo.wallet import Wallet
from node.demo.wallet.directory import Relay, choose_exit
from node.demo.wallet.errors import Refused
from protocols.consent.check import is_allowed
from protocols.consent.check_letters import check_contact
from protocols.consent.letters import parse_contact
from protocols.consent.relay import Contact
from protocols.jose.encoding import canonical_json
from tests.support.federation import DAY, events
from tests.support.wallet_world import ANCHOR, COLLEGE, EMPLOYER, Host, World, chain_of_employer


async def test_the_letter_passes_the_exit_s_checks(world: World, wallet: Wallet):
    requester = await wallet.follow(world.ask_link)
    assert (requester.name, requester.voucher, requester.is_in_good_standing) == (EMPLOYER.name, ANCHOR.name, True)
    (middle,) = world.middles()
    subject, way = world.subject()
    assert isinstance(middle.said, Contact)
    findings = check_contact(
        middle.said, target=EMPLOYER.did, exit_did=ANCHOR.did, subject=subject, way_back=way, now=world.clock.now()
    )
    assert is_allowed(findings)
    assert (middle.next, way.via, way.mailbox) == (EMPLOYER.did, COLLEGE.did, world.keylist[-1])
    assert parse_contact(middle.said.letter).invitation == "invitation-1"


async def test_the_entry_is_never_told_who_asks(world: World, wallet: Wallet):
    seen_before = len(world.requests)
    await wallet.follow(world.ask_link)
    at_college = [path for name, path in world.requests[seen_before:] if name in ("POST", COLLEGE.name)]
    assert at_college == ["/federation/directory", "/didcomm", "/didcomm"]
    ((next_did, middle),) = world.relayed
    told = json.dumps([at_college, next_did, world.keylist, middle])
    assert next_did == ANCHOR.did
    assert "employer" not in told


async def test_the_asker_is_never_told_the_entry(world: World, wallet: Wallet):
    await wallet.follow(world.ask_link)
    (middle,) = world.middles()
    told = canonical_json(middle.said.to_json()).decode()
    letter = parse_contact(middle.said.letter)
    subject, way = world.subject()
    assert "college" not in json.dumps([told, letter.subject, subject.raw, letter.return_hash])
    assert way.mailbox not in json.dumps([told, subject.raw])


async def test_the_same_link_again_makes_no_second_contact(world: World, wallet: Wallet):
    await wallet.follow(world.ask_link)
    asked_before = len(world.requests)
    await wallet.follow(world.ask_link)
    assert (len(world.relayed), len(world.keylist)) == (1, 1)
    assert {name for name, _ in world.requests[asked_before:]} == {EMPLOYER.name}
    assert [link["state"] for link in wallet.links()] == ["sent"]


async def test_an_asker_that_lost_its_standing_is_refused_when_its_link_is_opened_again(world: World, wallet: Wallet):
    await wallet.follow(world.ask_link)
    world.invitation_chain = chain_of_employer(events=events("applied", "approved", "suspended"))
    with pytest.raises(Refused, match="suspended"):
        await wallet.follow(world.ask_link)


@pytest.mark.parametrize(
    ("chain", "reason"),
    [
        ([], "no membership"),
        (chain_of_employer(verifier=None), "not registered as a verifier"),
        ([*Host(name="Rival", origin="https://rival.example").statements(), chain_of_employer()[-1]], "somebody else"),
        ([chain_of_employer()[0], "e30.e30.e30", chain_of_employer()[-1]], "not valid"),
    ],
)
async def test_no_contact_is_made_with_who_is_no_verifier_of_the_network(world: World, wallet: Wallet, chain, reason):
    world.invitation_chain = chain
    with pytest.raises(Refused, match=reason):
        await wallet.follow(world.ask_link)
    assert (world.relayed, world.keylist, wallet.links()) == ([], [], [])


async def test_relays_whose_membership_is_out_of_date_are_not_gone_by(world: World, wallet: Wallet):
    world.clock.advance(6 * DAY)
    with pytest.raises(Refused, match="directory cannot be used"):
        await wallet.follow(world.ask_link)
    assert world.relayed == []


async def test_without_an_institution_there_is_no_way_to_an_asker(world: World, tmp_path):
    async with world.wallet(tmp_path / "new") as wallet:
        with pytest.raises(Refused, match="unknown to your network"):
            await wallet.follow(world.ask_link)


async def test_an_entry_that_lies_about_the_exit_s_keys_is_not_believed(world: World, wallet: Wallet):
    """The directory's copy of a DID document is not what is encrypted for: the exit's own host is asked."""
    await wallet.follow(world.ask_link)
    assert (ANCHOR.name, "/.well-known/did.json") in world.requests
    assert len(world.middles()) == 1


def relay(name: str, *, is_network: bool = False) -> Relay:
    return Relay(did=f"did:web:{name}.example", host=f"{name}.example", is_network=is_network)


ENTRY, ASKER, ISSUER, OTHER, THIRD = (relay(name) for name in ("entry", "asker", "issuer", "other", "third"))
NETWORK = relay("network", is_network=True)


def drawn(*relays: Relay, issuers: frozenset[str] = frozenset({ISSUER.did})) -> set[str]:
    """Everybody who can be drawn."""
    draw = random.Random(7).randrange
    return {
        choose_exit(relays, entry=ENTRY.did, asker=ASKER.did, issuers=issuers, draw=draw).host.partition(".")[0]
        for _ in range(60)
    }


def test_the_exit_is_drawn_among_members_that_are_neither_entry_nor_asker_nor_issuer():
    assert drawn(ENTRY, ASKER, ISSUER, OTHER, THIRD, NETWORK) == {"other", "third"}


def test_an_issuer_is_better_than_the_network_s_own_node():
    assert drawn(ENTRY, ASKER, ISSUER, NETWORK) == {"issuer"}


def test_the_network_s_own_node_is_taken_where_there_is_no_other():
    assert drawn(ENTRY, ASKER, NETWORK) == {"network"}


def test_a_node_on_the_asker_s_host_is_no_exit():
    beside = Relay(did="did:web:asker.example:relay", host=ASKER.host, is_network=False)
    with pytest.raises(Refused, match="no other member"):
        drawn(ENTRY, ASKER, beside)


def test_two_nodes_are_not_enough():
    with pytest.raises(Refused, match="no other member"):
        drawn(ENTRY, ASKER)
