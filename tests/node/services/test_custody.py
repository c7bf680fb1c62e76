"""What a custodian takes, believes and publishes, and what is tried on it."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.clock import entropy
from node.errors import BadInput, Conflict, NotFound
from node.services import escrow
from node.services.custody import MAX_RECORDS
from node.storage.repos import custody as rows
from node.storage.repos import issuance as awards
from protocols.didcomm.envelope import MAX_ENVELOPE_BYTES, pack_authcrypt
from protocols.didcomm.message import Message
from protocols.dids.parse import parse_document
from protocols.errors import ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json, parse_object
from protocols.status.bitstring import MAX_BYTES, get_bit, new_bits, set_bit
from protocols.trust.issuance_log.head import cosign, parse_head, sign_head
from protocols.trust.issuance_log.inclusion import leaf_of, proof_json
from protocols.trust.issuance_log.merkle import Tree
from protocols.trust.refusal import StatementRefused
from protocols.trust.succession import parse_confirmation, parse_succession, sign_confirmation, sign_succession
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    EMPLOYER_DID,
    ISSUES,
    NETWORK,
    Internet,
    Node,
    admit,
    running,
)

ARCHIVE = "https://archive.example"
LIST = f"{COLLEGE}/status/1"
HOUR = timedelta(hours=1)
DIPLOMA = {"id": "diploma", "document": {"id": "urn:diploma"}, "places": [[LIST, 7]]}


def bits(*revoked: int) -> bytes:
    found = new_bits()
    for index in revoked:
        found = set_bit(found, index, True)
    return found


def entrusted(url: str = LIST, *revoked: int, **changes: Any) -> JsonObject:
    return {"url": url, "purpose": "revocation", "bits": b64url_encode(zlib.compress(bits(*revoked))), **changes}


@dataclass
class Story:
    """A college that named an archive, at a date that others saw, in a network of four."""

    internet: Internet
    succession: str
    date: JsonObject

    def __getitem__(self, entity_id: str) -> Node:
        return self.internet.nodes[entity_id]

    def envelope(self, name: str, body: JsonObject, *, by: str = COLLEGE) -> bytes:
        """A message of custody 1.0 by a node, for the archive."""
        now, sender, archive = self.internet.clock.now(), self[by].identity, self[ARCHIVE].identity
        message = Message(
            id="m-1",
            type=f"{escrow.PIURI}/{name}",
            sender=sender.did,
            to=(archive.did,),
            created_time=now,
            body=body,
        )
        agreement = sender.agreement_of(sender.did)
        document = parse_document(archive.did_document(), archive.did)
        recipients = document.recipients(agreement.public.crv, now)
        return pack_authcrypt(message, sender=agreement, recipients=recipients, entropy=entropy)

    async def takes(self, name: str, body: JsonObject, *, by: str = COLLEGE) -> tuple[str, int]:
        return await self[ARCHIVE].custody.take(self.envelope(name, body, by=by))

    async def takes_lists(self, *lists: JsonObject) -> None:
        await self.takes("succession", {"succession": self.succession, "date": self.date, "lists": list(lists)})

    async def closes(self) -> None:
        self.internet.clock.advance(HOUR)
        await self[NETWORK].decide("closed", COLLEGE_DID, successor=ARCHIVE)
        await self.internet.sync(NETWORK, EMPLOYER, ARCHIVE)
        for entity_id in (NETWORK, EMPLOYER, ARCHIVE):
            await self[entity_id].witnessing.sync()
        self.internet.clock.advance(HOUR)

    def confirmation(self, *, by: str, later: timedelta = timedelta()) -> str:
        signer = self[by].configuration.signer()
        at = self.internet.clock.now() + later
        return sign_confirmation(parse_succession(self.succession), by=by, signer=signer, at=at)

    async def confirmed_by(self) -> list[str]:
        published = await self[ARCHIVE].custody.published(COLLEGE)
        word = parse_succession(self.succession)
        return [parse_confirmation(token, word).by for token in published["confirmations"]]

    async def is_revoked(self, index: int, url: str = LIST) -> bool:
        row = await self[ARCHIVE].storage.read(lambda session: rows.status_list(session, url))
        assert row is not None
        return get_bit(zlib.decompress(row.bits), index)


@pytest_asyncio.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    internet = Internet()
    async with running(internet, tmp_path, NETWORK, COLLEGE, EMPLOYER, ARCHIVE) as (anchor, college, employer, archive):
        await anchor.members.create("Example Network", actor="operator")
        await admit(anchor, college, ISSUES)
        await admit(anchor, employer, ISSUES)
        await admit(anchor, archive, ISSUES)
        await internet.sync()
        internet.clock.advance(HOUR)
        await college.escrow.name(ARCHIVE)
        await college.issuance_log.seal()
        await internet.deliver()
        named = await college.escrow.named()
        assert named.date is not None
        for node in (anchor, employer, archive):
            await node.witnessing.sync()
        internet.clock.advance(HOUR)
        yield Story(internet, named.token, named.date)


async def test_what_an_institution_hands_over_is_kept_and_published(story: Story) -> None:
    await story.takes_lists(entrusted())
    assert await story.takes("records", {"records": [DIPLOMA]}) == (COLLEGE, 1)
    [(row, count)] = await story[ARCHIVE].custody.all()
    assert (row.institution, row.custodian, count) == (COLLEGE, ARCHIVE, 1)
    assert await story[ARCHIVE].custody.published(COLLEGE) == {
        "succession": story.succession,
        "date": story.date,
        "confirmations": [],
    }
    published = parse_object((await story[ARCHIVE].custody.status_list(LIST)).body)
    assert published["issuer"] == story[ARCHIVE].did


async def test_whatever_an_institution_issued_fits_in_envelopes_that_can_be_taken(story: Story) -> None:
    """Credentials with their pictures in them."""
    college, now = story[COLLEGE], story.internet.clock.now()

    def body(session: Any) -> None:
        for name in map(str, range(9)):
            row = awards.add(session, name, "learner", "forecast", thread_id=name, valid_until=None, now=now)
            awards.issued(session, row, {"id": f"urn:{name}", "image": "x" * 200_000}, now=now)

    await college.storage.run("test.issued", body)
    envelopes = [envelope async for envelope in college.escrow.envelopes()]
    assert max(map(len, envelopes)) <= MAX_ENVELOPE_BYTES
    assert [await story[ARCHIVE].custody.take(each) for each in envelopes] == [
        (COLLEGE, 0),
        *[(COLLEGE, 2)] * 4,
        (COLLEGE, 1),
    ]


async def test_an_envelope_that_is_none_is_refused(story: Story) -> None:
    for envelope in (b"", b"{}", b"\xff", b"[" * 4096, canonical_json({"ciphertext": "x"}), b"x" * (1024 * 1024 + 1)):
        with pytest.raises((ProtocolError, NotFound)):
            await story[ARCHIVE].custody.take(envelope)


async def test_an_envelope_by_a_stranger_is_refused(story: Story, tmp_path: Path) -> None:
    async with running(story.internet, tmp_path, "https://stranger.example"):
        with pytest.raises(NotFound):
            await story.takes("records", {"records": [DIPLOMA]}, by="https://stranger.example")


async def test_an_envelope_for_somebody_else_is_not_opened(story: Story) -> None:
    with pytest.raises(ProtocolError):
        await story[EMPLOYER].custody.take(story.envelope("records", {"records": []}))


async def test_an_envelope_of_another_kind_is_refused(story: Story) -> None:
    with pytest.raises(BadInput):
        await story.takes("keys", {})


async def test_a_member_hands_over_nothing_of_another_institution(story: Story) -> None:
    body = {"succession": story.succession, "date": story.date, "lists": [entrusted()]}
    with pytest.raises(StatementRefused) as refused:
        await story.takes("succession", body, by=EMPLOYER)
    assert refused.value.rule == "custodian_of_another"
    with pytest.raises(NotFound):
        await story[ARCHIVE].custody.status_list(LIST)


async def test_a_succession_to_somebody_else_is_refused(story: Story) -> None:
    token = sign_succession(
        COLLEGE, EMPLOYER, signer=story[COLLEGE].configuration.signer(), at=story.internet.clock.now()
    )
    with pytest.raises(StatementRefused) as refused:
        await story.takes("succession", {"succession": token, "date": story.date, "lists": []})
    assert refused.value.rule == "custodian_of_another"


async def test_a_succession_with_the_date_of_another_is_refused(story: Story) -> None:
    token = sign_succession(
        COLLEGE, ARCHIVE, signer=story[COLLEGE].configuration.signer(), at=story.internet.clock.now()
    )
    with pytest.raises(StatementRefused) as refused:
        await story.takes("succession", {"succession": token, "date": story.date, "lists": []})
    assert refused.value.rule == "succession_undated"


async def test_records_before_their_succession_are_refused(story: Story) -> None:
    with pytest.raises(NotFound):
        await story.takes("records", {"records": [DIPLOMA]})


@pytest.mark.parametrize(
    "entry",
    [
        entrusted(f"{EMPLOYER}/status/1"),
        entrusted(f"{COLLEGE}.evil.example/status/1"),
        entrusted(f"{COLLEGE}/{'x' * 2048}"),
        entrusted(bits="!"),
        entrusted(bits="AAAA"),
        entrusted(bits=None),
        entrusted(purpose=None),
        entrusted(purpose="x" * 65),
        entrusted(url=7),
        "a list",
    ],
)
async def test_a_list_of_another_host_or_form_is_refused_and_nothing_of_its_envelope_is_kept(
    story: Story, entry: Any
) -> None:
    with pytest.raises(ProtocolError):
        await story.takes_lists(entrusted(), entry)
    assert await story[ARCHIVE].custody.all() == []
    with pytest.raises(NotFound):
        await story[ARCHIVE].custody.status_list(LIST)


async def test_a_list_that_swells_is_never_held_whole(story: Story) -> None:
    bomb = b64url_encode(zlib.compress(bytes(64 * MAX_BYTES), 9))
    with pytest.raises(TooLarge):
        await story.takes_lists(entrusted(bits=bomb))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": 7},
        {"id": ""},
        {"document": None},
        {"places": None},
        {"places": [LIST]},
        {"places": [[LIST]]},
        {"places": [[LIST, "7"]]},
        {"places": [[LIST, -1]]},
        {"places": [[LIST, True]]},
        {"places": [[LIST, 2**41]]},
        {"places": [[7, 7]]},
        {"places": [[LIST, 7]] * 17},
    ],
)
async def test_a_record_of_another_form_is_refused(story: Story, changes: Any) -> None:
    await story.takes_lists(entrusted())
    with pytest.raises(StatementRefused) as refused:
        await story.takes("records", {"records": [DIPLOMA, {**DIPLOMA, **changes}]})
    assert refused.value.rule == "custody"
    assert [count for _, count in await story[ARCHIVE].custody.all()] == [0]


async def test_more_records_than_one_envelope_holds_are_refused(story: Story) -> None:
    await story.takes_lists(entrusted())
    with pytest.raises(StatementRefused):
        await story.takes("records", {"records": [{}] * (MAX_RECORDS + 1)})


async def test_no_institution_stands_in_the_way_of_another_by_taking_the_ids_of_its_credentials(story: Story) -> None:
    await story[EMPLOYER].escrow.name(ARCHIVE)
    await story[EMPLOYER].issuance_log.seal()
    await story.internet.deliver()
    named = await story[EMPLOYER].escrow.named()
    await story.takes("succession", {"succession": named.token, "date": named.date, "lists": []}, by=EMPLOYER)
    await story.takes("records", {"records": [{**DIPLOMA, "places": []}]}, by=EMPLOYER)
    await story.takes_lists(entrusted())
    await story.takes("records", {"records": [DIPLOMA]})
    await story.closes()
    await story[ARCHIVE].custody.revoke(COLLEGE, "diploma")
    assert await story.is_revoked(7)


async def test_while_it_lives_the_newest_export_counts(story: Story) -> None:
    await story.takes_lists(entrusted(LIST, 3))
    await story.takes_lists(entrusted(LIST, 4))
    assert [await story.is_revoked(index) for index in (3, 4)] == [False, True]


async def test_nobody_revokes_for_an_institution_that_lives(story: Story) -> None:
    await story.takes_lists(entrusted())
    await story.takes("records", {"records": [DIPLOMA]})
    for institution in (COLLEGE, "https://stranger.example"):
        with pytest.raises(Conflict):
            await story[ARCHIVE].custody.revoke(institution, "diploma")
    assert not await story.is_revoked(7)


async def test_the_custodian_revokes_once_it_has_closed_and_an_old_file_takes_nothing_back(story: Story) -> None:
    await story.takes_lists(entrusted())
    await story.takes("records", {"records": [DIPLOMA]})
    await story.closes()
    before = (await story[ARCHIVE].custody.status_list(LIST)).etag
    await story[ARCHIVE].custody.revoke(COLLEGE, "diploma")
    await story[ARCHIVE].custody.revoke(COLLEGE, "diploma")
    await story.takes_lists(entrusted())
    await story.takes("records", {"records": [{**DIPLOMA, "places": [[LIST, 8]]}]})
    assert [await story.is_revoked(index) for index in (7, 8)] == [True, False]
    assert (await story[ARCHIVE].custody.status_list(LIST)).etag != before
    with pytest.raises(NotFound):
        await story[ARCHIVE].custody.revoke(COLLEGE, "another")


@pytest.mark.parametrize("places", [[], [[f"{COLLEGE}/status/2", 7]], [[LIST, len(new_bits()) * 8]]])
async def test_a_credential_without_a_place_in_a_list_is_not_revoked(story: Story, places: Any) -> None:
    await story.takes_lists(entrusted())
    await story.takes("records", {"records": [{**DIPLOMA, "places": places}]})
    await story.closes()
    with pytest.raises(NotFound):
        await story[ARCHIVE].custody.revoke(COLLEGE, "diploma")


async def test_what_was_handed_over_may_be_taken_after_the_end(story: Story) -> None:
    await story.closes()
    await story.takes_lists(entrusted(LIST, 3))
    await story.takes("records", {"records": [DIPLOMA]})
    assert await story.is_revoked(3)


async def test_who_has_the_keys_after_the_end_hands_over_nothing(story: Story) -> None:
    """It names the archive again, and dates that by cosignatures of its own making."""
    await story.takes_lists(entrusted(LIST, 3))
    await story.closes()
    college, now = story[COLLEGE], story.internet.clock.now()
    token = sign_succession(COLLEGE, ARCHIVE, signer=college.configuration.signer(), at=now)
    await college.storage.run(
        "thief.named",
        lambda session: college.issuance_log.add(session, None, parse_succession(token).digest, now=now),
    )
    await college.issuance_log.seal()
    forged = _self_dated(college, parse_succession(token).digest, now)
    with pytest.raises(StatementRefused) as refused:
        await story.takes("succession", {"succession": token, "date": forged, "lists": [entrusted()]})
    assert refused.value.rule == "succession_undated"
    assert await story.is_revoked(3)
    assert (await story[ARCHIVE].custody.published(COLLEGE))["succession"] == story.succession


async def test_a_member_with_no_part_in_it_confirms_the_end_once(story: Story) -> None:
    await story.takes_lists()
    await story.closes()
    for _ in range(2):
        await story[ARCHIVE].custody.confirmed(story.confirmation(by=EMPLOYER), COLLEGE)
    assert await story.confirmed_by() == [EMPLOYER]


@pytest.mark.parametrize("by", [NETWORK, ARCHIVE, COLLEGE])
async def test_the_anchor_the_custodian_and_the_institution_confirm_nothing(story: Story, by: str) -> None:
    await story.takes_lists()
    await story.closes()
    with pytest.raises(StatementRefused) as refused:
        await story[ARCHIVE].custody.confirmed(story.confirmation(by=by), COLLEGE)
    assert (refused.value.rule, await story.confirmed_by()) == ("unconfirmed", [])


async def test_nobody_confirms_an_end_that_has_not_come(story: Story) -> None:
    await story.takes_lists()
    early = story.confirmation(by=EMPLOYER)
    with pytest.raises(StatementRefused) as alive:
        await story[ARCHIVE].custody.confirmed(early, COLLEGE)
    await story.closes()
    with pytest.raises(StatementRefused) as closed:
        await story[ARCHIVE].custody.confirmed(early, COLLEGE)
    assert (alive.value.rule, closed.value.rule) == ("unconfirmed", "unconfirmed")
    assert await story.confirmed_by() == []


async def test_a_member_that_is_suspended_and_a_stranger_confirm_nothing(story: Story, tmp_path: Path) -> None:
    await story.takes_lists()
    await story.closes()
    await story[NETWORK].decide("suspended", EMPLOYER_DID)
    await story.internet.sync(NETWORK, ARCHIVE)
    async with running(story.internet, tmp_path, "https://stranger.example"):
        for by in (EMPLOYER, "https://stranger.example"):
            with pytest.raises(StatementRefused) as refused:
                await story[ARCHIVE].custody.confirmed(story.confirmation(by=by), COLLEGE)
            assert refused.value.rule == "unconfirmed"


async def test_a_confirmation_signed_by_another_counts_for_nothing(story: Story) -> None:
    await story.takes_lists()
    await story.closes()
    signer, now = story[ARCHIVE].configuration.signer(), story.internet.clock.now()
    forged = sign_confirmation(parse_succession(story.succession), by=EMPLOYER, signer=signer, at=now)
    with pytest.raises(StatementRefused):
        await story[ARCHIVE].custody.confirmed(forged, COLLEGE)
    assert await story.confirmed_by() == []


@pytest.mark.parametrize("token", ["", "a.b.c", "\N{REPLACEMENT CHARACTER}.a.b", "x" * 5000])
async def test_what_is_no_confirmation_is_refused(story: Story, token: str) -> None:
    await story.takes_lists()
    await story.closes()
    with pytest.raises(StatementRefused):
        await story[ARCHIVE].custody.confirmed(token, COLLEGE)


async def test_a_confirmation_of_what_is_not_in_custody_is_refused(story: Story) -> None:
    with pytest.raises(NotFound):
        await story[ARCHIVE].custody.confirmed(story.confirmation(by=EMPLOYER), COLLEGE)


async def test_a_custodian_has_nobody_confirm_the_end_of_another_institution(story: Story) -> None:
    """At the address of the college it shows that the employer named it, and waits for signatures."""
    await story.takes_lists()
    await story.closes()
    signer, now = story[NETWORK].configuration.signer(), story.internet.clock.now()
    other = sign_succession(NETWORK, ARCHIVE, signer=signer, at=now)
    shown = canonical_json({"succession": other, "date": story.date, "confirmations": []})
    story.internet.altered[f"{ARCHIVE}/federation/custody"] = lambda _: shown
    with pytest.raises(StatementRefused) as refused:
        await story[EMPLOYER].successors.confirm(COLLEGE)
    assert refused.value.rule == "succession_of_another"
    story.internet.altered.clear()
    assert await story[EMPLOYER].successors.confirm(COLLEGE) == ARCHIVE
    assert await story.confirmed_by() == [EMPLOYER]


def _self_dated(college: Node, digest: str, at: Any) -> JsonObject:
    """The proof of a date that only the college's own key vouches for, in others' names."""
    salt, committed = bytes(16), b64url_decode(digest)
    tree, signer = Tree([leaf_of(salt, committed)]), college.configuration.signer()
    head = parse_head(sign_head(COLLEGE, 1, tree.root(), signer=signer, at=at))
    signed = [cosign(head, witness=by, signer=signer, at=at - timedelta(days=9)) for by in (NETWORK, EMPLOYER)]
    return proof_json(log=COLLEGE, digest=digest, salt=salt, position=0, size=1, path=[], cosignatures=signed)
