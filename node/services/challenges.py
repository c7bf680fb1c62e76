"""Challenges that this node hands out for a presentation to repeat: each is good once, for a while.

They live in memory: after a restart none is good any more. A challenge of the node's own can be told by how it begins,
so that one which was used, or is forgotten, is never taken for one that a caller made for itself.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from node.clock import Clock
from node.errors import BadInput, RateLimited

PREFIX = "ler-challenge-"
GOOD_FOR = timedelta(minutes=10)
MOST = 10_000
"""How many may wait at a time; none that was handed out is forgotten to make room for another."""


@dataclass(slots=True)
class Challenges:
    clock: Clock
    _until: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def create(self) -> str:
        """A new one, of 256 random bits; raises RateLimited while too many wait."""
        now = self.clock.now()
        if len(self._until) >= MOST:
            self._until = {challenge: until for challenge, until in self._until.items() if until > now}
        if len(self._until) >= MOST:
            oldest = min(self._until.values())
            raise RateLimited(
                "too many challenges that nobody used yet",
                found=str(len(self._until)),
                expected=f"fewer than {MOST}",
                retry_after_s=ceil((oldest - now).total_seconds()),
            )
        challenge = PREFIX + secrets.token_urlsafe(32)
        self._until[challenge] = now + GOOD_FOR
        return challenge

    def use(self, challenge: str) -> None:
        """Uses it up, whatever comes of the verification; one that a caller made for itself is theirs to watch.

        Raises:
            BadInput: one of the node's own that was used before, is too old, or was never handed out.
        """
        if not challenge.startswith(PREFIX):
            return
        until = self._until.pop(challenge, None)
        if until is None or until <= self.clock.now():
            found = "used before, or not handed out since the node started" if until is None else "too old"
            expected = f"one that was not used yet, at most {GOOD_FOR.total_seconds() / 60:.0f} minutes old"
            raise BadInput("a challenge that is not good", found=found, expected=expected)
