"""What is taken into use of others' lists, what is refused by name, and what a verification then reads (threat C4)."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.errors import OverBudget, Unreachable
from node.services.status_evidence import StatusRead, read_statuses
from node.services.status_sync import SYNCED
from node.storage.repos import status_snapshots
from node.storage.tables.exchange import Presentation
from node.storage.unit import Session
from protocols.credentials.enveloped import Kind, sign_vc_jwt, wrap
from protocols.credentials.enveloped.token import compact, seconds
from protocols.jose.keys import PrivateKey
from protocols.status.entry import status_entry
from protocols.status.errors import StatusVerificationError
from protocols.status.freshness import MAX_TTL_S, FreshnessPolicy
from protocols.status.token_list import MEDIA_TYPE
from protocols.status.token_status import encode_list, status_reference
from tests.support.badges import badge
from tests.support.status_world import (
    COLLEGE,
    STRANGER,
    URL,
    Commits,
    StatusWorld,
    did_of,
    signed_list,
    signed_token,
    status_world,
)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[StatusWorld]:
    async with status_world(tmp_path) as made:
        yield made


def entry(index: int = 7, url: str = URL, **more: Any) -> dict[str, Any]:
    return {**status_entry(list_url=url, index=index, purpose="revocation"), **more}


async def read(
    world: StatusWorld, *entries: dict[str, Any], issuer: str = did_of(COLLEGE), claim: object = None
) -> list[StatusRead]:
    now = world.clock.now()
    return list(await read_statuses(world.storage, entries, issuer, {}, now=now, policy=SYNCED, claim=claim))


async def said(world: StatusWorld, *entries: dict[str, Any], issuer: str = did_of(COLLEGE)) -> list[tuple[str, Any]]:
    answers = [each.evidence.answer for each in await read(world, *entries, issuer=issuer)]
    return [(answer.outcome.value, answer.error) for answer in answers]


async def test_who_names_a_list_first_cannot_take_it_from_its_issuer(world: StatusWorld) -> None:
    """A stranger's credential points to the college's list before anybody of the college was looked at."""
    world.out.at[URL] = signed_list(world.clock, 7)
    await world.want(issuer=STRANGER)
    await world.sync.run_due()
    assert await said(world, entry(7), entry(8)) == [("set", None), ("clear", None)]
    assert await said(world, entry(8), issuer=did_of(STRANGER)) == [("unknown", "STATUS_VERIFICATION_ERROR")]


async def test_a_list_that_changes_hands_is_not_taken_over(world: StatusWorld) -> None:
    world.out.at[URL] = signed_list(world.clock, 7)
    await world.want()
    await world.sync.run_due()
    world.clock.advance(timedelta(hours=2))
    world.out.at[URL] = signed_list(world.clock, by=STRANGER)
    await world.sync.run_due()
    assert await said(world, entry(7)) == [("set", None)]
    assert ((await world.row()).error or "").startswith("STATUS_VERIFICATION_ERROR: ")


async def test_why_there_is_no_list_is_named_in_the_answer(world: StatusWorld) -> None:
    await world.want()
    assert await said(world, entry()) == [("unknown", None)]
    for answer, name in (
        (Unreachable("no connection"), "STATUS_RETRIEVAL_ERROR"),
        (b'{"issuer": "did:web:gone.example"}', "STATUS_VERIFICATION_ERROR"),
        (b"{", "MALFORMED_VALUE_ERROR"),
        (b"{}", "MALFORMED_VALUE_ERROR"),
        (signed_list(world.clock, url="https://college.example/status/2"), "STATUS_VERIFICATION_ERROR"),
    ):
        world.out.at[URL] = answer
        await world.sync.sync_now()
        assert await said(world, entry()) == [("unknown", name)], answer


async def test_an_entry_that_breaks_its_rules_is_named_and_asks_for_no_list(world: StatusWorld) -> None:
    broken = entry(statusListIndex="-1"), entry(statusListIndex="9" * 20), {"type": "Other2020"}
    found = await read(world, *broken)
    assert [each.evidence.answer.error for each in found] == ["MALFORMED_VALUE_ERROR", "RANGE_ERROR", None]
    assert [(each.url, each.evidence.entry) for each in found] == [(None, None)] * 3


async def test_a_credential_cannot_make_a_node_fetch_any_number_of_lists(world: StatusWorld) -> None:
    found = await read(world, *(entry(url=f"https://victim.example/{number}") for number in range(1_000)))
    assert sum(each.url is not None for each in found) == 16
    assert found[-1].evidence.answer.reason == "too many status entries: found 1000, expected at most 16"


async def test_a_new_list_without_an_etag_is_not_confirmed_by_that_of_the_list_before(world: StatusWorld) -> None:
    world.out.etag, world.out.at[URL] = '"1"', signed_list(world.clock)
    await world.want()
    await world.sync.run_due()
    world.clock.advance(timedelta(hours=2))
    world.out.etag, world.out.at[URL] = None, signed_list(world.clock, 7)
    await world.sync.run_due()
    world.clock.advance(timedelta(hours=2))
    await world.sync.run_due()
    assert [etag for *_, etag in world.out.asked] == [None, '"1"', None]
    assert await said(world, entry(7)) == [("set", None)]


async def test_revocations_that_a_list_takes_back_are_noted_for_good(world: StatusWorld) -> None:
    await world.want()
    for set_ in ((7, 8), (8,), (8, 9)):
        world.out.at[URL] = signed_list(world.clock, *set_)
        await world.sync.run_due()
        world.clock.advance(timedelta(hours=2))
    (found,) = await read(world, entry(7))
    assert (found.evidence.answer.outcome, found.evidence.answer.cleared_count) == ("clear", 1)
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert [line["cleared"] for line in lines if line["event"] == "status list took revocations back"] == [1, 1]


async def test_who_looks_for_one_caller_is_not_shown_an_older_list_than_the_one_kept(world: StatusWorld) -> None:
    before = signed_list(world.clock)
    world.clock.advance(timedelta(minutes=1))
    world.out.at[URL] = signed_list(world.clock, 7)
    await world.want()
    await world.sync.run_due()
    world.out.at[URL] = before
    with pytest.raises(StatusVerificationError, match="older list"):
        await world.sync.look(URL, did_of(COLLEGE))
    with pytest.raises(StatusVerificationError, match="not by the issuer"):
        await world.sync.read(signed_list(world.clock, 7), URL, did_of(STRANGER))


KEY = f"{URL}#statuslist+jwt"


async def test_a_tokens_list_is_fetched_as_such_and_answers_for_the_claim_that_names_it(world: StatusWorld) -> None:
    world.out.at[URL], world.out.media_type, world.out.etag = (
        signed_token(world.clock, {7: 1, 8: 2, 9: 3}),
        MEDIA_TYPE,
        '"1"',
    )
    (first,) = await read(world, claim=status_reference(uri=URL, index=7))
    assert (first.url, first.evidence.answer.outcome) == (KEY, "unknown")

    await world.want(KEY)
    await world.sync.run_due()
    assert world.out.asked == [(URL, MEDIA_TYPE, None)], "the fragment is ours"
    said = [
        (await read(world, claim=status_reference(uri=URL, index=index)))[0].evidence.answer for index in (6, 7, 8, 9)
    ]
    assert [(answer.outcome, answer.purpose) for answer in said] == [
        ("clear", None),
        ("set", "revocation"),
        ("set", "suspension"),
        ("set", "status type 0x03"),
    ]
    (kept,) = await world.sync.lists(limit=9, after=None)
    assert (kept.url, kept.freshness, kept.failures) == (KEY, "fresh", 0)

    world.clock.advance(timedelta(hours=2))
    await world.sync.run_due()
    assert world.out.asked[1:] == [(URL, MEDIA_TYPE, '"1"')]
    assert (await world.row(KEY)).checked_at == world.clock.now()


async def test_one_url_in_both_forms_is_two_lists(world: StatusWorld) -> None:
    """The index counts from the other end of a byte; whoever mixed the two up would read somebody else's place."""
    await world.want()
    await world.want(KEY)
    world.out.at[URL] = signed_list(world.clock, 0)
    await world.sync.run_due()
    both = await read(world, entry(0), claim=status_reference(uri=URL, index=0))
    assert [each.evidence.answer.outcome for each in both] == ["set", "unknown"]
    assert both[1].evidence.answer.error == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    ("claim", "error"),
    [
        ("active", "MALFORMED_VALUE_ERROR"),
        ({"status_list": {"idx": "7", "uri": URL}}, "MALFORMED_VALUE_ERROR"),
        ({"identifier_list": {}}, None),
    ],
)
async def test_a_claim_that_cannot_be_read_is_not_passed_over(
    world: StatusWorld, claim: Any, error: str | None
) -> None:
    (found,) = await read(world, claim=claim)
    assert (found.url, found.evidence.answer.outcome, found.evidence.answer.error) == (None, "unknown", error)


async def test_a_token_by_another_than_the_credentials_issuer_says_nothing(world: StatusWorld) -> None:
    world.out.at[URL], world.out.media_type = signed_token(world.clock, {}, by=STRANGER), MEDIA_TYPE
    await world.want(KEY)
    await world.sync.run_due()
    (found,) = await read(world, claim=status_reference(uri=URL, index=1))
    assert (found.evidence.answer.outcome, found.evidence.answer.error) == ("unknown", "STATUS_VERIFICATION_ERROR")


async def test_a_list_that_holds_still_is_confirmed_without_being_written_again(world: StatusWorld) -> None:
    world.out.etag, world.out.at[URL] = '"1"', signed_list(world.clock, 7)
    await world.want()
    await world.sync.run_due()
    first = await world.row()
    world.out.at[URL] = Unreachable("no connection")
    await world.sync.sync_now()
    world.out.at[URL] = b""
    world.clock.advance(timedelta(hours=5))
    await world.sync.run_due()
    second = await world.row()
    assert (second.fetched_at, second.checked_at, second.failures, second.error, second.etag) == (
        first.fetched_at,
        world.clock.now(),
        0,
        None,
        '"1"',
    )
    assert (second.document, second.bits, second.snapshot) == (first.document, first.bits, first.snapshot)
    assert await said(world, entry(7)) == [("set", None)]


async def test_lists_that_come_together_share_their_commits(tmp_path: Path) -> None:
    commits, count = Commits(), 160
    async with status_world(tmp_path, commits=commits) as world:
        world.out.etag = '"1"'
        for number in range(count):
            url = f"https://host{number}.example/1"
            world.out.at[url] = signed_list(world.clock, number, url=url)
            await world.want(url)
        assert await world.sync.sync_now() == (count, 0)
        before, commits.bodies[:] = commits.count, []
        assert await world.sync.sync_now() == (count, 0)
        assert commits.bodies.count("status.synced") == count
        assert commits.count - before <= count / 4, "a commit for each list would be far more"


async def test_how_long_a_list_counts_is_for_the_operator_to_say(tmp_path: Path) -> None:
    async with status_world(tmp_path, policy=FreshnessPolicy(fresh_s=60, usable_s=120)) as world:
        world.out.at[URL] = signed_list(world.clock)
        await world.want()
        await world.sync.run_due()
        found: list[str] = []
        for _ in range(3):
            (kept,) = await world.sync.lists(limit=1, after=None)
            found.append(kept.freshness.value)
            world.clock.advance(timedelta(seconds=61))
        assert found == ["fresh", "stale", "unknown"]


def presentation(id: str, world: StatusWorld, *, is_deleted: bool) -> Presentation:
    now = world.clock.now()
    return Presentation(
        id=id,
        request_id="request",
        per_asker_did="did:example:asker",
        record_jws="",
        use_jws="",
        record_hash=id,
        payload_hash=id,
        received_at=now,
        delete_at=now,
        deleted_at=now if is_deleted else None,
    )


async def test_a_list_that_nothing_rests_on_any_more_is_not_fetched_for_ever(world: StatusWorld) -> None:
    urls = {name: f"https://{name}.example/1" for name in ("held", "deleted", "lone")}

    def body(session: Session) -> None:
        for name in ("held", "deleted"):
            session.add(presentation(name, world, is_deleted=name == "deleted"))
            status_snapshots.rely(session, urls[name], name)

    for url in urls.values():
        await world.want(url)
    await world.storage.run("test.rely", body)
    await world.sync.forget()
    assert [kept.url for kept in await world.sync.lists(limit=9, after=None)] == [urls["held"]]
    kept_for_members = await world.storage.run(
        "test.forget", lambda session: status_snapshots.forget(session, but={did_of(COLLEGE)})
    )
    assert kept_for_members == 0


def list_in_a_token(world: StatusWorld, *set_: int, by: PrivateKey = COLLEGE) -> str:
    document = {name: value for name, value in json.loads(signed_list(world.clock, *set_)).items() if name != "proof"}
    return sign_vc_jwt({**document, "issuer": did_of(by)}, by, signed_at=world.clock.now())


@pytest.mark.parametrize("is_wrapped", [False, True], ids=["bare", "EnvelopedVerifiableCredential"])
async def test_a_list_in_a_token_is_read_like_one_with_a_proof_inside(world: StatusWorld, is_wrapped: bool) -> None:
    await world.want()
    for set_ in ((7,), (7, 8)):
        token = list_in_a_token(world, *set_)
        world.out.at[URL] = json.dumps(wrap(token, Kind.VC_JWT)).encode() if is_wrapped else token.encode()
        await world.sync.run_due()
        assert await said(world, entry(7), entry(8)) == [("set", None), ("set" if 8 in set_ else "clear", None)]
        world.clock.advance(timedelta(hours=2))
    assert (await world.row()).failures == 0


async def test_a_list_in_a_token_that_must_not_be_believed_is_refused(world: StatusWorld) -> None:
    await world.want()
    head, body, _ = list_in_a_token(world).split(".")
    other = list_in_a_token(world, 7)
    for token, name in (
        (f"{head}.{body}.{other.split('.')[2]}", "STATUS_VERIFICATION_ERROR"),
        (sign_vc_jwt(badge(issuer=did_of(COLLEGE)), COLLEGE, signed_at=world.clock.now()), "MALFORMED_VALUE_ERROR"),
        ("no.token.atall", "MALFORMED_VALUE_ERROR"),
        (signed_token(world.clock, {7: 0}).decode(), "MALFORMED_VALUE_ERROR"),
    ):
        world.out.at[URL] = token.encode()
        await world.sync.sync_now()
        assert await said(world, entry(7)) == [("unknown", name)], token
    world.out.at[URL] = list_in_a_token(world, 7).encode()
    await world.sync.sync_now()
    world.clock.advance(timedelta(hours=2))
    world.out.at[URL] = list_in_a_token(world, by=STRANGER).encode()
    await world.sync.run_due()
    assert await said(world, entry(7)) == [("set", None)], "the college's stays"


async def test_what_we_allow_ourselves_is_no_failure_of_a_host_with_many_lists(world: StatusWorld) -> None:
    world.out.at[URL] = OverBudget("the origin was called too often")
    await world.want()
    await world.sync.run_due()
    row = await world.row()
    assert (row.failures, row.error) == (0, None)
    assert timedelta(seconds=1) <= row.next_at - world.clock.now() <= timedelta(seconds=2)
    world.clock.advance(timedelta(seconds=2))
    world.out.at[URL] = signed_list(world.clock, 7)
    await world.sync.run_due()
    assert await said(world, entry(7)) == [("set", None)]


EVIL = "https://evil.example/1"
ENDLESS = [1e300, 1e21, 2**53 - 1]


@pytest.mark.parametrize("ttl", ENDLESS)
async def test_a_strangers_endless_ttl_is_read_as_a_year_and_holds_up_no_other_list(
    world: StatusWorld, ttl: float
) -> None:
    await world.want(EVIL, STRANGER)
    await world.want()
    world.out.at = {
        EVIL: signed_list(world.clock, by=STRANGER, url=EVIL, ttl_ms=ttl),
        URL: signed_list(world.clock, 5),
    }
    await world.sync.run_due()
    assert [(row.error, row.ttl_s) for row in (await world.row(EVIL), await world.row())] == [
        (None, MAX_TTL_S),
        (None, None),
    ]


@pytest.mark.parametrize("ttl", ENDLESS)
async def test_so_is_that_of_a_token(world: StatusWorld, ttl: float) -> None:
    key = f"{EVIL}#statuslist+jwt"
    await world.want(key, STRANGER)
    payload = {
        "iss": did_of(STRANGER),
        "sub": EVIL,
        "iat": seconds(world.clock.now()),
        "ttl": ttl,
        "status_list": {"bits": 1, "lst": encode_list(bytes(2048))},
    }
    world.out.at[EVIL] = compact({"kid": STRANGER.kid, "typ": "statuslist+jwt"}, payload, STRANGER).encode()
    await world.sync.run_due()
    row = await world.row(key)
    assert (row.error, row.ttl_s) == (None, MAX_TTL_S)


@pytest.mark.parametrize("address", ["https://[x/1", "https://a\u2100b.example/1", "no address"])
async def test_an_address_that_none_can_be_holds_up_no_other_list(world: StatusWorld, address: str) -> None:
    """A parser refuses it; what an older version of ours kept may still have it."""
    await world.want(address, STRANGER)
    await world.want()
    world.out.at[URL] = signed_list(world.clock, 5)
    await world.sync.run_due()
    assert (await world.row()).document is not None
    assert (await world.row(address)).failures == 1


async def test_a_fault_of_ours_with_one_list_is_that_lists_alone(world: StatusWorld) -> None:
    await world.want(EVIL, STRANGER)
    await world.want()
    world.out.at = {EVIL: RuntimeError("nobody thought of this"), URL: signed_list(world.clock, 5)}
    await world.sync.run_due()
    assert (await world.row()).document is not None
    row = await world.row(EVIL)
    assert (row.failures, row.error) == (1, "RuntimeError")
    assert "status sync broke" in world.log.getvalue()
