"""Our own log: what it takes in when transactions fail or come twice, and whose cosignatures it believes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import text

from node.services import issuance_log
from node.services.issuance_log import IssuanceLog
from node.services.performers import Unit
from node.storage.repos import issuance_log as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import Unauthorized
from protocols.jose.encoding import b64url_decode
from protocols.trust.issuance_log.head import cosign, parse_head, parse_path
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.issuance_log.merkle import EMPTY_ROOT, Tree, is_consistent
from protocols.trust.refusal import StatementRefused
from tests.node.services.test_witnessing import heads, issued, sealed
from tests.support.trust_network import COLLEGE, EMPLOYER, EMPLOYER_DID, NETWORK, Internet, Node, small_network


class Lost(Exception):
    """The transaction was never committed."""


@dataclass
class Failing:
    """Storage whose bodies all run once for nothing before they run (implements `UnitOfWork`)."""

    storage: UnitOfWork

    async def run(self, name: str, body: Callable[[Session], Any]) -> Any:
        def lost(session: Session) -> None:
            body(session)
            raise Lost

        with pytest.raises(Lost):
            await self.storage.run(name, lost)
        return await self.storage.run(name, body)

    async def read(self, body: Callable[[Session], Any]) -> Any:
        return await self.storage.read(body)


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def college(internet: Internet) -> Node:
    return internet.nodes[COLLEGE]


async def assert_whole(node: Node) -> None:
    """Each head of the node's log is over the leaves as they are stored, and follows from the one before."""

    def body(session: Session) -> None:
        size, root = 0, EMPTY_ROOT
        tree = Tree(map(b64url_decode, rows.leaves_from(session, 0)))
        for head in rows.heads(session, COLLEGE, after=0, limit=100):
            assert b64url_decode(head.root) == tree.root(head.size)
            assert is_consistent(size, root, head.size, tree.root(head.size), parse_path(head.path, rule="test"))
            size, root = head.size, tree.root(head.size)
        assert size == tree.size

    await node.storage.read(body)


async def test_a_transaction_that_is_run_twice_makes_one_head_over_what_is_stored(
    internet: Internet, college: Node
) -> None:
    college.issuance_log.storage = Failing(college.storage)
    for name in ("first", "second", "third"):
        await issued(college, name)
        await college.issuance_log.seal()
        internet.mail.waiting[:] = internet.mail.waiting[-2:]  # what was sent by the transaction that was kept
        await internet.deliver()
    assert internet.mail.refused == []
    assert [size for size, _ in await heads(college)] == [16, 32, 48]
    await assert_whole(college)
    assert {IssuanceProof.parse(each.proof).size for each in internet.mail.dates} == {16, 32, 48}


async def test_what_another_replica_placed_is_followed(internet: Internet, college: Node) -> None:
    first = college.issuance_log
    other = IssuanceLog(
        first.storage, first.identity, first.configuration, first.directory, first.flows, first.clock, first.log
    )
    for number, log in enumerate((first, other, other, first)):
        await issued(college, f"badge-{number}")
        await log.seal()
    await assert_whole(college)
    assert await first.proof_between(16, 64) == await other.proof_between(16, 64)


async def test_more_than_one_head_takes_in_is_sealed_at_once(
    internet: Internet, college: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuance_log, "MAX_AT_ONCE", 20)
    await issued(college, *(f"badge-{number}" for number in range(45)))
    await college.issuance_log.seal()
    assert [size for size, _ in await heads(college)] == [32, 64, 80]
    await assert_whole(college)


async def cosigned(internet: Internet, by: Node, *, at: timedelta = timedelta(), sender: str | None = None) -> None:
    """A cosignature of the college's last head by a node, so much later than now, arrives there."""
    college, now = internet.nodes[COLLEGE], internet.clock.now().replace(microsecond=0)

    def body(session: Session) -> None:
        head = rows.last_head(session, COLLEGE)
        assert head is not None
        token = cosign(parse_head(head.token), witness=by.entity_id, signer=by.configuration.signer(), at=now + at)
        unit = Unit(session=session, now=now, ours=college.did, sender=by.did)
        college.issuance_log.cosigned(unit, sender or by.did, token)

    await college.storage.run("test.cosigned", body)


@pytest.mark.parametrize("at", [timedelta(days=365), timedelta(hours=3), timedelta(hours=-3), timedelta(days=-30)])
async def test_a_witness_that_dates_its_word_at_another_time_delays_no_date(
    internet: Internet, college: Node, at: timedelta
) -> None:
    await issued(college, "badge")
    await college.issuance_log.seal()
    internet.mail.waiting.clear()
    await cosigned(internet, internet.nodes[NETWORK])
    with pytest.raises(StatementRefused) as refused:
        await cosigned(internet, internet.nodes[EMPLOYER], at=at)
    assert refused.value.rule == "cosignature_time"
    await cosigned(internet, internet.nodes[EMPLOYER])
    assert await heads(college) == [(16, [EMPLOYER, NETWORK])]
    assert len(internet.mail.waiting) == 1  # the learner's date


async def test_a_member_that_is_suspended_is_no_witness_though_it_has_its_keys(
    internet: Internet, college: Node
) -> None:
    """Counted as one, it would have the learners told of a date that no verifier believes, and never another."""
    await issued(college, "badge")
    await college.issuance_log.seal()
    internet.mail.waiting.clear()
    await internet.nodes[NETWORK].decide("suspended", EMPLOYER_DID)
    await internet.sync(NETWORK, COLLEGE)
    await cosigned(internet, internet.nodes[NETWORK])
    with pytest.raises(Unauthorized):
        await cosigned(internet, internet.nodes[EMPLOYER])
    assert await heads(college) == [(16, [NETWORK])]
    assert internet.mail.waiting == []


async def test_a_log_that_is_behind_what_was_signed_is_told_to_its_operator(internet: Internet, college: Node) -> None:
    await sealed(internet, "badge")

    def body(session: Session) -> None:
        unit = Unit(session=session, now=internet.clock.now(), ours=college.did, sender=EMPLOYER_DID)
        college.issuance_log.show_again(unit, EMPLOYER_DID, 32)

    await college.storage.run("test.shown_again", body)
    assert "witness signed more than our log has" in college.log.getvalue()
    assert internet.mail.waiting == []


async def test_no_more_cosignatures_of_a_head_are_kept_than_a_proof_holds(
    internet: Internet, college: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuance_log, "MAX_COSIGNATURES", 1)
    await sealed(internet, "badge")
    assert len((await heads(college))[0][1]) == 1


async def test_who_has_no_proof_yet_is_found_without_reading_the_whole_log(college: Node) -> None:
    def body(session: Session) -> str:
        plan = session.connection().execute(
            text(
                "EXPLAIN QUERY PLAN SELECT * FROM issuance_leaf WHERE position < 99 AND told_at IS NULL "
                "AND credential_id IS NOT NULL ORDER BY position LIMIT 10"
            )
        )
        return " ".join(str(row) for row in plan)

    assert "ix_issuance_leaf_untold" in await college.storage.read(body)
