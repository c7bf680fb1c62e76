"""A wallet is bound to a person by an institution's link and code, and gets a mailbox there."""

from pathlib import Path

import pytest

from node.demo.wallet.errors import Refused, Unreachable
from node.demo.wallet.rows import keys
from node.demo.wallet.wallet import DATABASE
from tests.support.wallet_world import ANCHOR, CODE, COLLEGE, World


async def test_a_code_binds_the_wallet_and_opens_a_mailbox(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        relation = await wallet.enrol(world.enrol_link, CODE)
    assert (relation.institution, relation.state) == (COLLEGE.did, "ready")
    assert (relation.reference, relation.assurance) == ("S-1004", "one-time-code")
    assert [anchor["entity_id"] for anchor in relation.anchors] == [ANCHOR.origin]
    assert relation.mediation == world.owner.id


async def test_enrolling_again_changes_nothing(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        first = await wallet.enrol(world.enrol_link, CODE)
        posts = len(world.requests)
        assert await wallet.enrol(world.enrol_link, CODE) == first
    assert [path for method, path in world.requests[posts:] if method == "POST"] == []


async def test_a_code_that_is_not_taken_can_be_corrected_under_the_same_did(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        with pytest.raises(Refused, match="did not answer to this code"):
            await wallet.enrol(world.enrol_link, "WRONG-CODE-0000")
        asked_by = world.owner.id
        relation = await wallet.enrol(world.enrol_link, CODE)
    assert (relation.state, relation.mediation) == ("ready", asked_by)


async def test_a_code_that_becomes_good_is_asked_by_again_without_being_another_try(world: World, tmp_path: Path):
    world.code = "NOT-YET-THERE-00"
    async with world.wallet(tmp_path) as wallet:
        with pytest.raises(Refused, match="did not answer to this code"):
            await wallet.enrol(world.enrol_link, CODE)
        before = _outgoing(wallet)
        world.code = CODE
        assert (await wallet.enrol(world.enrol_link, CODE)).state == "ready"
    assert [url for url, _ in before] == [f"{COLLEGE.origin}/didcomm"]


@pytest.mark.parametrize("refused", ["enrol", "mediate-request", "recipient-update"])
async def test_a_no_that_comes_as_an_answer_is_told_and_the_next_try_can_succeed(
    world: World, tmp_path: Path, refused: str
):
    async with world.wallet(tmp_path) as wallet:
        world.refuses = {refused}
        with pytest.raises(Refused, match=r"the institution did not accept this: .*not now"):
            await wallet.enrol(world.enrol_link, CODE)
        asked_by = world.owner.id
        world.refuses = set()
        relation = await wallet.enrol(world.enrol_link, CODE)
    assert (relation.state, relation.mediation) == ("ready", asked_by)


async def test_what_was_asked_while_the_institution_was_away_is_asked_by_the_same_bytes(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        institution = await wallet.enrolment.begin(world.enrol_link, CODE)
        asked = _outgoing(wallet)
        world.down = True
        await wallet.work()
        assert _outgoing(wallet) == asked
        world.down = False
        await wallet.work()
        assert wallet.enrolment.outcome(institution).state == "ready"
        assert _outgoing(wallet) == []


async def test_an_institution_that_is_away_is_said_to_be_away(world: World, tmp_path: Path):
    world.down = True
    async with world.wallet(tmp_path) as wallet:
        with pytest.raises(Unreachable):
            await wallet.enrol(world.enrol_link, CODE)


async def test_an_asker_s_link_does_not_enrol(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        with pytest.raises(Refused, match="the link is for something else"):
            await wallet.enrol(world.ask_link, CODE)


async def test_neither_the_code_nor_a_private_key_lies_open_in_the_file(world: World, tmp_path: Path):
    async with world.wallet(tmp_path) as wallet:
        await wallet.enrol(world.enrol_link, CODE)
        with wallet.store.read() as db:
            secrets = [key.secret for key in keys.agreements(db, wallet.sharing.seal).values()]
        stored = _stored(tmp_path)
    assert secrets
    assert COLLEGE.did.encode() in stored
    assert not any(secret in stored for secret in (CODE.encode(), *secrets))


def _stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(f"{DATABASE}*"))


def _outgoing(wallet):
    with wallet.store.read() as db:
        return [(row["url"], row["envelope"]) for row in db.execute("SELECT url, envelope FROM outgoing")]
