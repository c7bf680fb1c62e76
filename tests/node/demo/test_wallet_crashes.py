"""The wallet ends at any point and is started again: every exchange goes on, and nothing happens twice."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from node.demo.wallet import Wallet
from node.demo.wallet.storage import NoPoints, Points
from protocols.consent.digests import payload_hash
from protocols.consent.receipt import ReceiptPayload, sign_asker
from protocols.consent.record import parse_record, record_hash
from protocols.consent.relay import Present
from protocols.didcomm.message import Message
from protocols.flows.consent.messages import PIURI
from protocols.requests.request import request_hash
from tests.support.wallet_world import BUDGETS, CODE, EMPLOYER, World, agree, badge, new_id, request_jws

ROOT = Path(__file__).resolve().parents[3]

POINTS = {
    "relation.asking-mediation",
    "relation.asking-mail",
    "enrolment.asked",
    "inbox.enrolled",
    "inbox.mediate-grant",
    "inbox.recipient-update-response",
    "pickup.kept",
    "inbox.offer-credential",
    "offers.accepted",
    "offer.requested",
    "inbox.issue-credential",
    "contact.began",
    "contact.made",
    "inbox.back",
    "inbox.request-presentation",
    "consent.shown",
    "consent.approved",
    "inbox.receipt",
    "receipt.countersigned",
    "outgoing.taken",
    "document.kept",
    "origins.kept",
    "storage.create",
}
"""The steps of the story below; the wallet dies before and after the commit of each, and around each post."""


class Died(BaseException):
    """Not an Exception: nothing in the wallet catches the end of the process."""


class DiesOnceAtEachPoint:
    """Ends the wallet the first time that it reaches each point, or the first few times."""

    def __init__(self, times: int) -> None:
        self._times = times
        self.reached_at: dict[str, int] = {}

    def reached(self, name: str) -> None:
        count = self.reached_at.get(name, 0) + 1
        self.reached_at[name] = count
        if count <= self._times:
            raise Died(name)


async def told(
    world: World, folder: Path, points: Points, after_death: Callable[[], Awaitable[None]] | None = None
) -> int:
    """The whole story, each command given again until it ends by itself; how often the wallet died."""
    deaths = 0

    async def command(act: Callable[[Wallet], Awaitable[object]]) -> None:
        nonlocal deaths
        while True:
            try:
                async with world.wallet(folder, points=points) as wallet:
                    await act(wallet)
            except Died:
                deaths += 1
                if after_death is not None:
                    await after_death()
            else:
                return

    async def approve(wallet: Wallet) -> None:
        await agree(wallet, wallet.requests()[0]["id"])

    await command(lambda wallet: wallet.enrol(world.enrol_link, CODE))
    thread = world.offer(BUDGETS)
    await command(lambda wallet: wallet.sync(accept_offers=True))
    world.issue(thread, badge(world.holders[thread], BUDGETS))
    await command(lambda wallet: wallet.sync())
    await command(lambda wallet: wallet.follow(world.ask_link))
    subject, way = world.subject()
    world.ask(request_jws(), subject=subject, way=way)
    await command(lambda wallet: wallet.sync())
    await command(approve)
    world.back(_receipt(world), by=EMPLOYER, subject=subject, way=way)
    await command(lambda wallet: wallet.sync())
    return deaths


def _receipt(world: World) -> Message:
    middle, sealed = world.opened()
    assert isinstance(middle.said, Present)
    record = parse_record(middle.said.record)
    payload = ReceiptPayload(
        request_hash=request_hash(middle.said.request),
        record_hash=record_hash(middle.said.record),
        payload_hash=payload_hash(sealed),
        records=record.records,
        received_at=world.clock.now(),
        delete_at=world.clock.now() + timedelta(days=30),
        asker=EMPLOYER.did,
        subject=record.subject,
    )
    body = {"receipt": sign_asker(payload, EMPLOYER.key("issue-1")).to_json()}
    return Message(id=new_id(), type=f"{PIURI}/receipt", created_time=world.clock.now(), body=body)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_wallet_that_dies_at_every_point_tells_the_same_story(world: World, tmp_path: Path, times: int):
    points = DiesOnceAtEachPoint(times)
    deaths = await told(world, tmp_path / "wallet", points)
    around = {f"{name}:{when}" for name in (*POINTS, "post") for when in ("before", "after")}
    assert around <= set(points.reached_at)
    assert deaths == sum(min(times, count) for count in points.reached_at.values())
    await _nothing_happened_twice(world, tmp_path / "wallet")


async def test_a_wallet_that_lives_tells_the_story(world: World, tmp_path: Path):
    assert await told(world, tmp_path / "wallet", NoPoints()) == 0
    await _nothing_happened_twice(world, tmp_path / "wallet")


@pytest.mark.parametrize("point", ["contact.made:before", "receipt.countersigned:before", "offer.requested:before"])
async def test_two_commands_at_once_do_what_is_due_once(world: World, tmp_path: Path, point: str):
    """Each finds the same errand due and waits for the same documents; the second finds it done."""
    folder, died = tmp_path / "wallet", asyncio.Event()

    class Twice:
        def reached(self, name: str) -> None:
            if name == point and not died.is_set():
                died.set()
                raise Died(name)

    async def both() -> None:
        async with world.wallet(folder) as one, world.wallet(folder) as other:
            with one.store.step("test.forget") as db:
                db.execute("DELETE FROM documents")
            await asyncio.gather(one.work(), other.work())

    await told(world, folder, Twice(), after_death=both)
    assert died.is_set()
    await _nothing_happened_twice(world, folder)


async def _nothing_happened_twice(world: World, folder: Path) -> None:
    """One DID and mailbox, one letter, one use, one receipt, one badge; nothing left to read or send."""
    assert [type(middle.said).__name__ for middle in world.middles()] == ["Contact", "Present", "Receipted"]
    assert (len(world.keylist), world.mail) == (1, {})
    async with world.wallet(folder) as wallet:
        assert len(wallet.credentials()) == 1
        assert [entry["state"] for entry in wallet.history()] == ["confirmed"]
        assert [(kept["state"], kept["problem"]) for kept in wallet.receipts()] == [("sent", None)]
        with wallet.store.read() as db:
            for table in ("mail", "outgoing", "dropped"):
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
            dids, keys = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("dids", "keys"))
    assert (dids, keys) == (2, 6)  # mediation and per-asker: two keys each; one mailbox; one holder


async def run(*arguments: str) -> tuple[int, str]:
    """A command of the wallet in a process of its own: its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, (out + err).decode()


@pytest.mark.parametrize(
    ("point", "count"),
    [("inbox.enrolled:before", 1), ("inbox.mediate-grant:after", 1), ("post:after", 3)],
)
async def test_kill_9_while_enrolling_leaves_a_wallet_that_goes_on(
    served_now: World, tmp_path: Path, point: str, count: int
):
    world, data = served_now, tmp_path / "wallet"
    whose = ["--data", str(data)]
    for origin in world.origins.items():
        whose += ["--origin", "=".join(origin)]
    command = [*whose, "enrol", world.enrol_link, CODE, "--json"]
    code, _ = await run("tests.support.dying_wallet", point, str(count), "--", *command)
    assert code == -signal.SIGKILL
    code, printed = await run("node.demo.wallet", *command)
    assert code == 0, printed
    assert json.loads(printed)["mediation_did"] == world.owner.id
