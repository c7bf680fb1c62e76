"""The federation keys that this node signed with before, signed by the one that it signs with now.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.7
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from node.clock import Clock
from node.errors import NotFound
from node.services.did_document import OwnKey, Purpose
from node.services.entity_configuration import KEY_OVERLAP, LIVES_FOR, RENEWED_AFTER, OwnConfiguration
from node.services.identity import Identity
from node.storage.repos import federation
from protocols.jose.encoding import digest_json
from protocols.jose.jws import parse_compact
from protocols.jose.keys import Signer
from protocols.trust.historical_keys import HistoricalKey, sign_historical_keys
from protocols.trust.statement import MAX_STATEMENT_BYTES


@dataclass(slots=True)
class HistoricalKeys:
    identity: Identity
    configuration: OwnConfiguration
    clock: Clock
    _kept: tuple[str, datetime, str] | None = field(default=None, init=False)

    async def current(self) -> str:
        """The signed set, the same token until a key more is in it or half a day is over.

        Raises:
            NotFound: this node is in no network, so that it signs nothing with such a key.
        """
        if await self.configuration.storage.read(federation.network) is None:
            raise NotFound("this node is in no network", expected="an anchor or a member of a network")
        configuration = parse_compact(await self.configuration.current(), max_bytes=MAX_STATEMENT_BYTES)
        published = {key["kid"] for key in configuration.claims["jwks"]["keys"]}
        past = self._past(published)
        signer, now = self.identity.keystore.signer(configuration.kid), self.clock.now().replace(microsecond=0)
        return self._token(past, signer, now)

    def _token(self, past: Sequence[HistoricalKey], signer: Signer, now: datetime) -> str:
        version = digest_json([signer.kid, [key.to_json() for key in past]])
        if self._kept is None or self._kept[0] != version or now >= self._kept[1]:
            token = sign_historical_keys(past, issuer=self.configuration.entity_id, signer=signer, now=now)
            self._kept = (version, now + RENEWED_AFTER, token)
        return self._kept[2]

    def _past(self, published: set[str]) -> list[HistoricalKey]:
        """Those that our configuration states no more, oldest first."""
        keys = [key for key in self.identity.all_keys() if key.purpose is Purpose.FEDERATION]
        return [_historical(key, following) for key, following in pairwise(keys) if key.kid not in published]


def _historical(key: OwnKey, following: OwnKey) -> HistoricalKey:
    """A key signs until the next one is known to others; what it signed last then has a life of its own to live."""
    ended = following.created_at + KEY_OVERLAP + LIVES_FOR
    return HistoricalKey(
        kid=key.kid,
        public=key.public,
        issued_at=key.created_at,
        expires_at=ended if key.revoked_at is None else min(ended, key.revoked_at),
        revoked_at=key.revoked_at,
    )
