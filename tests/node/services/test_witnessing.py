"""Witnesses and whoever follows a log: what they sign and believe, and what an issuer that lies gets."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from node.services import witnessing
from node.services.dates import Dates
from node.services.did_document import Purpose
from node.storage.repos import issuance as awards
from node.storage.repos import issuance_log as rows
from node.storage.repos import learners
from protocols.jose.encoding import b64url_decode, b64url_encode, canonical_json, parse_object
from protocols.trust.issuance_log.head import parse_cosignature, path_json, sign_head
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.issuance_log.merkle import Tree, leaf_hash
from tests.support.trust_network import COLLEGE, COLLEGE_DID, EMPLOYER, NETWORK, Internet, Node, small_network

LEARNER = "did:key:z6MkLearner"


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def college(internet: Internet) -> Node:
    return internet.nodes[COLLEGE]


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


async def issued(node: Node, *names: str) -> None:
    """Credentials of these names, signed and waiting for the next head, of a learner with a wallet."""

    def body(session) -> None:
        now = node.identity.clock.now()
        if learners.get(session, "learner") is None:
            learners.add(session, "learner", "Ana", "S-1", now=now).did = LEARNER
        for name in names:
            row = awards.add(session, name, "learner", "forecast", thread_id=name, valid_until=None, now=now)
            awards.issued(session, row, {"id": f"urn:{name}"}, now=now)
            node.issuance_log.add(session, name, b64url_encode(digest(name)), now=now)

    await node.storage.run("test.issued", body)


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


async def sealed(internet: Internet, *names: str, by: str = COLLEGE) -> None:
    """Issued, under a head, and everybody's mail read."""
    await issued(internet.nodes[by], *names)
    await internet.nodes[by].issuance_log.seal()
    await internet.deliver()


async def heads(node: Node, log: str = COLLEGE) -> list[tuple[int, list[str]]]:
    """(size, who signed it) of each head that the node has."""

    def body(session):
        found = rows.heads(session, log, after=0, limit=100)
        return [(each.size, [c.witness for c in rows.cosignatures(session, log, each.size)]) for each in found]

    return await node.storage.read(body)


async def dates(node: Node, proof: dict) -> str:
    """The cause by which the date of a credential of the college counts at `node`, or does not."""
    [found] = (await Dates(node.storage, node.directory).of(COLLEGE_DID, [proof])).values()
    return found.cause


async def test_a_learner_gets_the_date_of_their_credential_once_enough_have_seen_it(internet: Internet) -> None:
    await sealed(internet, "badge")
    [date] = internet.mail.dates
    assert (date.issuer, date.credential) == (COLLEGE_DID, "urn:badge")
    proof = IssuanceProof.parse(date.proof)
    assert (proof.log, proof.size, proof.digest) == (COLLEGE, 16, b64url_encode(digest("badge")))
    assert {each.by for each in proof.cosignatures} == {NETWORK, EMPLOYER}
    employer = internet.nodes[EMPLOYER]
    assert await dates(employer, date.proof) == "head_unknown"
    await employer.witnessing.sync()
    assert await dates(employer, date.proof) == "attested"


async def test_nothing_tells_how_many_were_issued(internet: Internet, college: Node) -> None:
    await sealed(internet, "one")
    await sealed(internet, *(f"of-{number}" for number in range(9)))
    await sealed(internet, *(f"more-{number}" for number in range(17)))
    assert [size for size, _ in await heads(college)] == [16, 32, 64]
    assert len(internet.mail.dates) == 27


async def test_where_nothing_waits_there_is_no_new_head_and_nobody_is_written_to(
    internet: Internet, college: Node
) -> None:
    await college.issuance_log.seal()
    await sealed(internet, "badge")
    await college.issuance_log.seal()
    assert internet.mail.waiting == []
    assert [size for size, _ in await heads(college)] == [16]


async def test_a_head_that_a_witness_missed_is_shown_again(internet: Internet, college: Node) -> None:
    await issued(college, "badge")
    await college.issuance_log.seal()
    internet.mail.waiting.clear()  # nobody ever got it
    await college.issuance_log.seal()
    await internet.deliver()
    assert await heads(college) == [(16, [EMPLOYER, NETWORK])]
    assert len(internet.mail.dates) == 1


async def test_a_node_that_forgot_what_was_signed_is_asked_to_prove_it_from_there(
    internet: Internet, college: Node
) -> None:
    await sealed(internet, "first")
    await college.storage.run(
        "test.forget", lambda session: [session.delete(each) for each in rows.cosignatures(session, COLLEGE, 16)]
    )
    await sealed(internet, "second")
    assert internet.mail.refused == []
    assert {size for size, _ in await heads(college)} == {16, 32}
    assert (await heads(college))[-1] == (32, [EMPLOYER, NETWORK])


async def test_a_rewritten_log_is_not_signed(internet: Internet, college: Node) -> None:
    await sealed(internet, "first")
    rewritten = Tree(leaf_hash(str(number).encode()) for number in range(32))
    now = internet.clock.now()
    forged = sign_head(COLLEGE, 32, rewritten.root(), signer=college.configuration.signer(), at=now)

    def with_another_past(message):
        if not message.type.endswith("/head"):
            return message
        body = {"head": forged, "earlier": 16, "path": path_json(rewritten.consistency(16, 32))}
        return replace(message, body=body)

    await issued(college, "second")
    await college.issuance_log.seal()
    await internet.deliver(with_another_past)
    assert [refusal.rule for refusal in internet.mail.refused] == ["log_rewritten", "log_rewritten"]
    assert (await heads(college))[-1] == (32, [])
    assert "issuance log rewritten" in internet.nodes[EMPLOYER].log.getvalue()


@pytest.mark.parametrize("event", ["suspended", "left", "removed", "closed"])
async def test_who_lost_its_standing_gets_no_more_signatures(internet: Internet, college: Node, event: str) -> None:
    await sealed(internet, "before")
    await internet.nodes[NETWORK].decide(event, COLLEGE_DID)
    await internet.sync(NETWORK, EMPLOYER)
    await sealed(internet, "after")
    assert (await heads(college))[-1] == (32, [])
    assert {type(refusal).__name__ for refusal in internet.mail.refused} == {"Unauthorized"}
    assert [date.credential for date in internet.mail.dates] == ["urn:before"]


async def test_a_head_of_last_week_is_not_signed_today(internet: Internet, college: Node) -> None:
    await issued(college, "badge")
    await college.issuance_log.seal()
    internet.clock.advance(timedelta(days=7))
    await internet.sync()
    await internet.deliver()
    assert {refusal.rule for refusal in internet.mail.refused} == {"head_stale"}


async def test_nobody_has_another_members_log_signed(internet: Internet, college: Node, employer: Node) -> None:
    head = sign_head(EMPLOYER, 1, leaf_hash(b"x"), signer=employer.configuration.signer(), at=internet.clock.now())
    await issued(college, "badge")
    await college.issuance_log.seal()
    await internet.deliver(
        lambda message: (
            replace(message, body={**message.body, "head": head}) if message.type.endswith("/head") else message
        )
    )
    assert {type(refusal).__name__ for refusal in internet.mail.refused} == {"Unauthorized"}


async def test_a_cosignature_by_another_than_its_sender_is_not_taken(internet: Internet, college: Node) -> None:
    await issued(college, "badge")
    await college.issuance_log.seal()
    witness = internet.nodes[NETWORK].did

    def as_the_anchors(message):
        return replace(message, sender=witness) if message.type.endswith("/cosignature") else message

    await internet.deliver(as_the_anchors)
    assert await heads(college) == [(16, [NETWORK])]
    assert [refusal.rule for refusal in internet.mail.refused] == ["iss_sub_mismatch"]
    assert internet.mail.dates == []


async def test_a_fork_is_seen_kept_as_evidence_and_no_date_counts_any_more(
    internet: Internet, college: Node, employer: Node
) -> None:
    """The college shows the anchor one log and the employer another, both signed."""
    await sealed(internet, "badge")
    [date] = internet.mail.dates
    other = Tree(leaf_hash(str(number).encode()) for number in range(16))
    forged = sign_head(COLLEGE, 16, other.root(), signer=college.configuration.signer(), at=internet.clock.now())
    shown = canonical_json({"log": COLLEGE, "heads": [{"head": forged, "path": [], "cosignatures": []}]})
    await internet.nodes[NETWORK].witnessing.sync()
    internet.altered[f"{COLLEGE}/log/heads"] = lambda _: shown
    await employer.witnessing.sync()
    assert await employer.storage.read(lambda session: rows.is_forked(session, COLLEGE))
    assert await dates(employer, date.proof) == "log_forked"
    assert "issuance log forked" in employer.log.getvalue()


async def test_a_fork_is_seen_though_the_anchors_copy_comes_later(
    internet: Internet, college: Node, employer: Node
) -> None:
    await sealed(internet, "first")
    for node in (employer, internet.nodes[NETWORK]):
        await node.witnessing.sync()
    mine = await college.storage.read(lambda session: rows.leaves_from(session, 0))
    other = Tree([*map(b64url_decode, mine), *(leaf_hash(str(number).encode()) for number in range(16))])
    forged = sign_head(COLLEGE, 32, other.root(), signer=college.configuration.signer(), at=internet.clock.now())
    entry = {"head": forged, "path": path_json(other.consistency(16, 32)), "cosignatures": []}
    internet.altered[f"{COLLEGE}/log/heads"] = lambda _: canonical_json({"log": COLLEGE, "heads": [entry]})
    await employer.witnessing.sync()
    assert [size for size, _ in await heads(employer)] == [16, 32]
    honest = dict(internet.altered)
    internet.altered.clear()
    await sealed(internet, "second")
    await internet.nodes[NETWORK].witnessing.sync()
    internet.altered.update(honest)
    await employer.witnessing.sync()
    assert await employer.storage.read(lambda session: rows.is_forked(session, COLLEGE))


async def test_a_page_of_heads_stays_within_what_is_fetched(
    internet: Internet, college: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "MAX_PAGE_BYTES", witnessing.MAX_ROOM_BYTES + 3000)
    for name in ("first", "second", "third"):
        await sealed(internet, name)
    page = await college.witnessing.heads(COLLEGE, 0)
    assert 1 <= len(page["heads"]) < 3
    assert len(canonical_json(page)) <= witnessing.MAX_PAGE_BYTES


async def test_somebody_on_the_way_cannot_make_it_look_like_a_fork(
    internet: Internet, college: Node, employer: Node
) -> None:
    await sealed(internet, "badge")
    await employer.witnessing.sync()
    other = Tree(leaf_hash(str(number).encode()) for number in range(16))
    forged = sign_head(COLLEGE, 16, other.root(), signer=employer.configuration.signer(), at=internet.clock.now())
    shown = canonical_json({"log": COLLEGE, "heads": [{"head": forged, "path": [], "cosignatures": []}]})
    internet.altered[f"{NETWORK}/log/heads"] = lambda _: shown
    await employer.witnessing.sync()
    assert not await employer.storage.read(lambda session: rows.is_forked(session, COLLEGE))
    assert await heads(employer) == [(16, [EMPLOYER])]


async def test_heads_that_do_not_follow_one_another_are_not_taken(
    internet: Internet, college: Node, employer: Node
) -> None:
    await sealed(internet, "first")
    await sealed(internet, "second")

    def without_the_first(text: str) -> bytes:
        page = parse_object(text)
        return canonical_json({**page, "heads": page["heads"][1:]})

    internet.altered[f"{COLLEGE}/log/heads"] = without_the_first
    internet.altered[f"{NETWORK}/log/heads"] = without_the_first
    await employer.witnessing.sync()
    assert await heads(employer) == []
    assert "heads that do not follow one another" in employer.log.getvalue()


async def test_the_anchors_copy_goes_on_where_the_issuers_host_is_gone(
    internet: Internet, college: Node, employer: Node
) -> None:
    await sealed(internet, "badge")
    await internet.nodes[NETWORK].witnessing.sync()
    await internet.nodes[NETWORK].decide("closed", COLLEGE_DID)
    internet.silent.add(COLLEGE)
    await internet.sync(NETWORK, EMPLOYER)
    await employer.witnessing.sync()
    assert await dates(employer, internet.mail.dates[0].proof) == "attested"


async def test_a_witness_that_rotated_its_federation_key_is_believed_for_what_it_signed_before(
    internet: Internet, employer: Node
) -> None:
    await sealed(internet, "badge")
    await employer.identity.rotate(Purpose.FEDERATION)
    for _ in range(3):
        internet.clock.advance(timedelta(days=4))
        await internet.sync()
    anchor = internet.nodes[NETWORK]
    await anchor.witnessing.sync()
    used = parse_cosignature(
        next(token for token in internet.mail.dates[0].proof["cosignatures"] if parse_cosignature(token).by == EMPLOYER)
    ).kid
    assert used not in dict(employer.configuration.keys())
    assert await dates(anchor, internet.mail.dates[0].proof) == "attested"
