"""DIDComm over HTTPS: one envelope out, at most one back.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#https
"""

from dataclasses import dataclass

from node.adapters.fetch import Fetcher
from node.errors import Rejected, Unreachable

ENCRYPTED = "application/didcomm-encrypted+json"
TIMEOUT_S = 10.0
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class DidcommTransport:
    """Posts envelopes. Whether and when to try again is the outbox's to decide."""

    fetcher: Fetcher

    async def post(self, endpoint_url: str, envelope: bytes) -> bytes | None:
        """The answer that came back on the line (return_route), None where there was none; 2xx means it was taken.

        Raises:
            Unreachable: no connection, no answer in time, or an answer that says "later": trying again may help.
            Rejected: an answer that says no.
            AddressForbidden: not an endpoint that this node calls.
            PayloadTooLarge: the answer is larger than an envelope may be.
        """
        answer = await self.fetcher.post(
            endpoint_url, envelope, content_type=ENCRYPTED, accept=ENCRYPTED, timeout_s=TIMEOUT_S
        )
        if not 200 <= answer.status < 300:
            is_later = answer.status >= 500 or answer.status in _LATER
            kind = Unreachable if is_later else Rejected
            raise kind("the message was not taken", found=f"HTTP {answer.status}", expected="a 2xx status")
        return answer.body if answer.body and answer.content_type == ENCRYPTED else None
