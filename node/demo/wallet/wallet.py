"""The wallet as a program uses it: open one, and do what a learner does.

    async with Wallet.open(folder, origins={...}) as wallet:
        await wallet.enrol(link, code)
        await wallet.sync()

Every method can be called again after the process was killed in the middle of it: what was begun goes on.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from node.demo.wallet import listings
from node.demo.wallet.clock import Clock, SystemClock
from node.demo.wallet.contact import Contacts
from node.demo.wallet.documents import Documents
from node.demo.wallet.effects import Effects
from node.demo.wallet.enrolment import Enrolment
from node.demo.wallet.errands import Errands
from node.demo.wallet.errors import NotFound, WalletError
from node.demo.wallet.inbox import Inbox
from node.demo.wallet.opening import Opening
from node.demo.wallet.outbox import Outbox
from node.demo.wallet.packing import Packing
from node.demo.wallet.pickup import Pickup, patiently
from node.demo.wallet.rows import keys, messages, relations
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.rows.values import dumped, loaded
from node.demo.wallet.screen import text_of
from node.demo.wallet.sealing import seal_of
from node.demo.wallet.sharing import Sharing
from node.demo.wallet.storage import NoPoints, Points, Store
from node.demo.wallet.transport import Transport, check_origins
from node.demo.wallet.trust import Requester
from protocols.consent.letters import DeclineReason
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject

DATABASE = "wallet.sqlite3"
ORIGINS = "origins"
RETRY_S = 1.0
MAX_STEPS = 1000


@dataclass(slots=True, kw_only=True)
class Wallet:
    store: Store
    clock: Clock
    inbox: Inbox
    outbox: Outbox
    errands: Errands
    pickup: Pickup
    enrolment: Enrolment
    contacts: Contacts
    sharing: Sharing

    @staticmethod
    @asynccontextmanager
    async def open(
        folder: Path,
        *,
        origins: Mapping[str, str] | None = None,
        passphrase: str | None = None,
        clock: Clock | None = None,
        points: Points | None = None,
    ) -> AsyncGenerator["Wallet"]:
        """The wallet in `folder`, made at the first use.

        Args:
            origins: https origins and the loopback ones that stand for them in development; remembered.
            passphrase: what the keys are sealed under; without one, a key file in the folder.
            points: told at every named point of the program's way.
        """
        clock, points = clock or SystemClock(), points or NoPoints()
        seal = seal_of(folder, passphrase)
        store = Store(folder / DATABASE, points)
        try:
            async with Transport(_remembered(store, origins or {}), points) as transport:
                documents = Documents(store, transport, clock)
                packing = Packing(seal)
                opening = Opening(store, seal, documents, clock)
                inbox = Inbox(store, opening, Effects(seal, packing), clock)
                yield Wallet(
                    store=store,
                    clock=clock,
                    inbox=inbox,
                    outbox=Outbox(store, transport, inbox, clock),
                    errands=Errands(store, seal, packing, documents, clock),
                    pickup=Pickup(store, packing, opening, documents, transport, clock),
                    enrolment=Enrolment(store, seal, packing, documents, transport, clock),
                    contacts=Contacts(store, seal, packing, documents, transport, clock),
                    sharing=Sharing(store, seal, packing, documents, clock),
                )
        finally:
            store.close()

    async def enrol(self, link: str, code: str) -> Relation:
        """Binds this wallet to the person whom the institution behind `link` gave `code`, and gets a mailbox there.

        Raises:
            Refused: the institution did not accept it.
            Unreachable: it does not answer; run again.
        """
        institution = await self.enrolment.begin(link, code)
        await self.work()
        try:
            return self.enrolment.outcome(institution)
        except WalletError:
            if self.outbox.unreachable is not None:
                raise self.outbox.unreachable from None
            raise

    async def sync(
        self, *, live_s: float = 0.0, accept_offers: bool = False, until: Callable[[], bool] | None = None
    ) -> JsonObject:
        """Fetches and reads what waits, and sends what is to be sent; then, for `live_s`, does so as it comes.

        Args:
            accept_offers: asks for whatever institutions offer, without a person saying so.
            until: looked at after everything that happens; ends the live time early.

        Raises:
            Unreachable: no institution answered, and no live time was left to try again.
        """
        fetched, failure = 0, None
        for relation in self._ready():
            try:
                fetched += await self.pickup.fetch(relation)
            except (WalletError, ProtocolError) as error:
                failure = error
        await self._settle(accept_offers, patient=False)
        if live_s > 0:
            await self._live(live_s, accept_offers, until or (lambda: False))
        elif failure is not None:
            raise failure
        with self.store.read() as db:
            return {"fetched": fetched, "waiting_to_be_sent": len(messages.outgoing(db))}

    async def follow(self, link: str) -> Requester:
        """Opens an asker's link and makes contact; who it is, as the network says. Their request comes by `sync`.

        Raises:
            Refused: an unknown requester, or no way to them.
            Unreachable: the link or the institution does not answer.
        """
        requester, _ = await self.contacts.begin(link)
        await self.work()
        return requester

    async def accept_offer(self, id: str) -> None:
        """Asks for what was offered; raises NotFound."""
        with self.store.step("offer.accepted") as db:
            offer = next((offer for offer in relations.offers(db) if offer.thread == id), None)
            if offer is None:
                raise NotFound("no such offer", found=id[:40], expected="an id that `offers` lists")
            if offer.state == "waiting":
                relations.set_offer(db, offer.ours, offer.thread, "accepted")
        await self.work()

    async def approve(self, id: str, items: Collection[str] | None = None) -> str:
        """Shares what answers the request, all of it or some items, as `show` showed it; the screen agreed to.

        Sent at once where the institution answers, else by the next `sync`. Raises as `Sharing.approve`.
        """
        screen = await self.sharing.approve(id, items)
        await self.work()
        return text_of(screen)

    async def decline(self, id: str, reason: DeclineReason | None = None) -> None:
        """Says no. Raises as `Sharing.decline`."""
        await self.sharing.decline(id, reason)
        await self.work()

    def show(self, id: str, items: Collection[str] | None = None) -> str:
        """The consent screen of a request as text, remembered: a yes to these items is to it. Raises NotFound."""
        return text_of(self.sharing.show(id, items))

    def request(self, id: str) -> JsonObject:
        """One request as `requests` lists it; raises NotFound."""
        return listings.request(self.sharing.request(id))

    def requests(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.requests(db, now=self.clock.now())

    def offers(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.offers(db)

    def credentials(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.credentials(db)

    def history(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.history(db)

    def links(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.contacts(db)

    def receipts(self) -> list[JsonObject]:
        with self.store.read() as db:
            return listings.receipts(db)

    async def work(self, *, patient: bool = False) -> None:
        """Does everything that can be done now: what is due, what is to be posted, what is to be read."""
        self.outbox.unreachable = None
        for _ in range(MAX_STEPS):
            any_done = await self.errands.run()
            any_done |= await self.outbox.flush(patient=patient)
            any_done |= await self.inbox.read_all()
            if not any_done:
                return
            patient = True  # what failed in this round waits for the next call

    async def _live(self, live_s: float, accept_offers: bool, until: Callable[[], bool]) -> None:
        deadline = self.clock.now() + timedelta(seconds=live_s)

        def is_over() -> bool:
            return self.clock.now() >= deadline or until()

        news = asyncio.Event()
        lines = [asyncio.create_task(self._line(relation, news, is_over)) for relation in self._ready()]
        try:
            while not is_over():
                await _within(RETRY_S, news.wait())
                news.clear()
                await self._settle(accept_offers, patient=True)
        finally:
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)

    async def _line(self, relation: Relation, news: asyncio.Event, is_over: Callable[[], bool]) -> None:
        """Keeps a line open to one institution; a lost one is opened anew."""
        wait_s = 0.2
        while not is_over():
            try:
                await self.pickup.listen(relation, news.set, until=is_over)
            except (WalletError, ProtocolError):
                wait_s = await patiently(wait_s)

    async def _settle(self, accept_offers: bool, *, patient: bool) -> None:
        await self.work(patient=patient)
        while accept_offers and self._accept_all():
            await self.work(patient=True)

    def _accept_all(self) -> bool:
        with self.store.step("offers.accepted") as db:
            waiting = [offer for offer in relations.offers(db) if offer.state == "waiting"]
            for offer in waiting:
                relations.set_offer(db, offer.ours, offer.thread, "accepted")
        return bool(waiting)

    def _ready(self) -> list[Relation]:
        with self.store.read() as db:
            return [relation for relation in relations.relations(db) if relation.state == relations.READY]


def _remembered(store: Store, origins: Mapping[str, str]) -> Mapping[str, str]:
    """The origins of this and all earlier commands."""
    checked = check_origins(origins)
    with store.step("origins.kept") as db:
        known: dict[str, str] = loaded(keys.setting(db, ORIGINS) or "{}")
        merged = {**known, **checked}
        if merged != known:
            keys.set_setting(db, ORIGINS, dumped(merged))
    return merged


async def _within(limit_s: float, waiting: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await waiting
    except TimeoutError:
        return
