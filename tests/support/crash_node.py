"""A real node as a process of its own, ended by SIGKILL once, when it comes to a named point. Run as a module.

    python -m tests.support.crash_node DATA POINT MARKER

POINT names where it dies:

    before:NAME   the bodies of the commit NAME ("inbox.consented-relay.relay") have run, nothing is durable
    after:NAME    they are durable, nobody was told
    send:TYPE     a message of TYPE ("consented-relay/1.0/forward") is packed and about to be posted
    sent:TYPE     it was posted and taken, its sender has not noted that yet

MARKER is a file that tells that it died already; a process that finds it lives on.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path

import node.app
from node.adapters.transport import DidcommTransport
from node.cli.serve import run
from node.metrics import CountedCommits
from node.services.outbox import OutboxWorker, Outgoing
from node.settings import load_settings
from node.storage.unit import OutboxMessage
from protocols.jose.encoding import parse_object

posting: ContextVar[str] = ContextVar("posting", default="")
"""Type of the message that is being delivered."""


class Death:
    """Comes once, at one point."""

    def __init__(self, point: str, marker: Path) -> None:
        self._point = point
        self._marker = marker

    def reached(self, kind: str, names: Sequence[str]) -> None:
        if any(f"{kind}:{name}" == self._point for name in names):
            self.come()

    def posts(self, kind: str, type: str) -> None:
        wanted, _, end = self._point.partition(":")
        if kind == wanted and end and type.endswith(end):
            self.come()

    def come(self) -> None:
        try:
            os.close(os.open(self._marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def install(death: Death) -> None:
    """Has `death` told of every commit and every post of the node that this process is about to run."""

    class Points(CountedCommits):
        def before(self, names: Sequence[str]) -> None:
            death.reached("before", names)
            super().before(names)

        def after(self, names: Sequence[str], duration_s: float) -> None:
            death.reached("after", names)
            super().after(names, duration_s)

    pack, post = OutboxWorker._pack, DidcommTransport.post

    async def packed(self: OutboxWorker, row: OutboxMessage) -> Outgoing:
        value = parse_object(self.sealer.open(row.sealed or b"", context="outbox"))
        posting.set(value["message"]["type"])
        return await pack(self, row)

    async def posted(self: DidcommTransport, endpoint_url: str, envelope: bytes) -> bytes | None:
        death.posts("send", posting.get())
        answer = await post(self, endpoint_url, envelope)
        death.posts("sent", posting.get())
        return answer

    node.app.CountedCommits = Points
    OutboxWorker._pack = packed
    DidcommTransport.post = posted


def main(arguments: Sequence[str]) -> None:
    data, point, marker = arguments
    install(Death(point, Path(marker)))
    asyncio.run(run(load_settings(Path(data))))


if __name__ == "__main__":
    main(sys.argv[1:])
