"""A learner: a person known to an institution, and the wallet in their hands, a program of its own."""

import hashlib
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.demo.wallet import Wallet
from node.demo.wallet.errors import Unreachable
from node.demo.wallet.rows import relations
from node.demo.wallet.wallet import DATABASE
from protocols.consent.letters import DeclineReason
from protocols.jose.encoding import JsonObject, canonical_json
from tests.support.nodes import Node, wait_until

SYNC_EVERY_S = 0.1
"""A phone asks again that often while its owner waits."""


@dataclass(slots=True, kw_only=True)
class Learner:
    """`wallet` is open; it is offline whenever none of its methods runs."""

    id: str
    institution: Node
    folder: Path
    wallet: Wallet
    hashes: list[str] = field(default_factory=list)
    """Of consent records that were signed past the wallet's own history."""

    @property
    def mediation_did(self) -> str:
        with self.wallet.store.read() as db:
            return relations.relations(db)[0].mediation

    @property
    def holder(self) -> str:
        """The did:key that the learner's records are bound to."""
        return self.wallet.credentials()[0]["document"]["credentialSubject"]["id"]

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    async def sync(self) -> None:
        """One short time online; a host that is away is tried again later."""
        try:
            await self.wallet.sync(accept_offers=True)
        except Unreachable:
            return

    async def award(self, achievement: str | None, **options: Any) -> str:
        """Gets a badge from the institution; the award's id, once the badge is in the wallet."""
        before = len(self.wallet.credentials())
        body = {"learner_id": self.id, "achievement": achievement, **options}
        made = await self.institution.post("/credentials", body)

        async def look() -> bool:
            await self.sync()
            return len(self.wallet.credentials()) > before

        await wait_until("the badge to be in the wallet", look, every_s=SYNC_EVERY_S)
        return made["id"]

    def hold(self, credential: JsonObject) -> None:
        """Puts a record into the wallet by hand, as whoever owns a phone can."""
        digest = hashlib.sha256(canonical_json(credential)).hexdigest()
        with self.wallet.store.step("test.hold") as db:
            relations.keep_credential(
                db,
                credential,
                issuer=issuer_of(credential),
                holder=self.wallet_holder(),
                thread=f"by-hand-{digest[:12]}",
                now=self.wallet.clock.now(),
            )

    async def dated(self) -> None:
        """Returns when the phone holds the proof of every badge's date."""

        async def look() -> bool:
            await self.sync()
            return all(held["is_dated"] for held in self.wallet.credentials())

        await wait_until("the dates of the badges to be on the phone", look, every_s=SYNC_EVERY_S)

    def dates(self) -> list[JsonObject]:
        """The proofs of dates on the phone, the newest credential's first."""
        with self.wallet.store.read() as db:
            return [held.proof for held in relations.credentials(db) if held.proof is not None]

    def forget_dates(self) -> None:
        """Drops the proofs of dates, as whoever never got them."""
        with self.wallet.store.step("test.undated") as db:
            db.execute("UPDATE credentials SET proof = NULL")

    def drop_credentials(self) -> list[JsonObject]:
        """Removes every record from the wallet; what they were."""
        held = [item["document"] for item in self.wallet.credentials()]
        with self.wallet.store.step("test.drop") as db:
            db.execute("DELETE FROM credentials")
        return held

    def wallet_holder(self) -> str:
        from node.demo.wallet import identities

        with self.wallet.store.step("test.holder") as db:
            return identities.did_of_kid(identities.holder(db, self.wallet.sharing.seal).kid)

    async def follow(self, link: str) -> None:
        await self.wallet.follow(link)

    async def request(self) -> str:
        """The id of a request that waits for an answer, once there is one."""

        async def look() -> str | None:
            await self.sync()
            return next((item["id"] for item in self.wallet.requests() if item["state"] == "waiting"), None)

        return await wait_until("a request to arrive at the wallet", look, every_s=SYNC_EVERY_S)

    async def meets(self, link: str) -> str:
        """Opens an asker's link; the id of the request that comes of it."""
        await self.follow(link)
        return await self.request()

    async def answers(self, link: str, items: Collection[str] | None = None) -> str:
        """Opens an asker's link and says yes; what the consent screen said."""
        return await self.approves(await self.meets(link), items)

    async def approves(self, request: str, items: Collection[str] | None = None) -> str:
        """Looks at the consent screen of a request and says yes; what it said."""
        self.wallet.show(request, items)
        return await self.wallet.approve(request, items)

    async def declines(self, link: str, reason: DeclineReason | None = None) -> None:
        await self.wallet.decline(await self.meets(link), reason)

    async def sharing(self, state: str) -> JsonObject:
        """The newest entry of the history, once it is in `state`."""

        async def look() -> JsonObject | None:
            await self.sync()
            last = self.wallet.history()[-1]
            return last if state in (last["state"], last.get("delivery")) else None

        return await wait_until(f"the newest sharing to be {state}", look, every_s=SYNC_EVERY_S)

    async def receipt(self) -> JsonObject:
        """The newest receipt, once both have signed it and the asker has it."""

        async def look() -> JsonObject | None:
            await self.sync()
            found = [item for item in self.wallet.receipts() if item["state"] == "delivered"]
            return found[-1]["receipt"] if found else None

        return await wait_until("a receipt with both signatures at the wallet", look, every_s=SYNC_EVERY_S)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What stands in the wallet's own file."""
        with sqlite3.connect(self.database) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]


def issuer_of(credential: Mapping[str, Any]) -> str:
    issuer = credential["issuer"]
    return issuer["id"] if isinstance(issuer, dict) else issuer


__all__ = ["Learner", "issuer_of"]
