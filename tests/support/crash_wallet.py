"""A learner's phone as a process of its own: opens a link, says yes, waits for the receipt; dies once on the way.

    python -m tests.support.crash_wallet FOLDER LINK POINT MARKER

POINT is a name of the wallet's own (`consent.approved:before`), or two, `A>B`: the first B after A. Started again it
goes on where it was. Exit 0: the receipt has both signatures and the asker has it.
"""

import asyncio
import sys
import time
from pathlib import Path

from node.demo.wallet import Wallet
from node.demo.wallet.errors import Unreachable
from tests.support.crash_node import Death

DEADLINE_S = 30.0


class Points:
    """Implements `node.demo.wallet.storage.Points`."""

    def __init__(self, point: str, marker: Path) -> None:
        self._first, arrow, self._then = point.partition(">")
        self._is_armed = not arrow
        self._then = self._then or point
        self._death = Death("", marker)

    def reached(self, name: str) -> None:
        if self._is_armed and name == self._then:
            self._death.come()
        self._is_armed = self._is_armed or name == self._first


async def exchange(folder: Path, link: str, points: Points) -> bool:
    """Everything that a learner does in an exchange, whatever of it is done already."""
    ends_at = time.monotonic() + DEADLINE_S
    async with Wallet.open(folder, points=points) as wallet:
        await wallet.follow(link)
        while time.monotonic() < ends_at:
            try:
                await wallet.sync()
                for request in wallet.requests():
                    if request["state"] == "waiting":
                        wallet.show(request["id"])
                        await wallet.approve(request["id"])
            except Unreachable:
                continue
            if [receipt["state"] for receipt in wallet.receipts()] == ["delivered"]:
                return True
    return False


if __name__ == "__main__":
    folder, link, point, marker = sys.argv[1:]
    sys.exit(0 if asyncio.run(exchange(Path(folder), link, Points(point, Path(marker)))) else 1)
