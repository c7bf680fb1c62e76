"""What this node says of itself to its network: its entity configuration, signed when it is asked for.

A federation key is published for a while before it signs, so that a superior (which states our keys) and those who
keep our keys (where we are the anchor) have it when its first signature comes.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.1.2
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.clock import Clock
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.member_record import find_record
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject, digest_json
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.jwks import to_jwks
from protocols.trust.statement import sign_configuration

LIVES_FOR = timedelta(hours=24)
RENEWED_AFTER = timedelta(hours=12)
KEY_OVERLAP = timedelta(days=7)
"""How long a new federation key is published before it signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    content: str
    renewed_at: datetime
    token: str


@dataclass(slots=True)
class OwnConfiguration:
    storage: UnitOfWork
    identity: Identity
    clock: Clock
    _kept: _Signed | None = field(default=None, init=False)

    @property
    def entity_id(self) -> str:
        return self.identity.base_url

    def signer(self) -> Signer:
        """The federation key that signs now."""
        return self.identity.keystore.signer(next(iter(self.keys())))

    def keys(self) -> Mapping[str, PublicKey]:
        """The federation keys published now, by kid; the first is the one that signs."""
        now = self.clock.now()
        keys = [key for key in self.identity.all_keys() if key.purpose is Purpose.FEDERATION]
        settled = sum(1 for key in keys if key.created_at + KEY_OVERLAP <= now)
        return {key.kid: key.public for key in keys[max(settled - 1, 0) :]}

    async def current(self) -> str:
        """The configuration, the same token until something in it changes or half its life is over."""
        content = await self.storage.read(self._content)
        now = self.clock.now().replace(microsecond=0)
        version = digest_json(content)
        kept = self._kept
        if kept is None or kept.content != version or now >= kept.renewed_at:
            kept = _Signed(content=version, renewed_at=now + RENEWED_AFTER, token=self._sign(content, now))
            self._kept = kept
        return kept.token

    def _sign(self, content: JsonObject, now: datetime) -> str:
        membership = content["membership"]
        return sign_configuration(
            entity_id=self.entity_id,
            signer=self.signer(),
            jwks=self.keys(),
            metadata=content["metadata"],
            iat=now,
            exp=now + LIVES_FOR,
            authority_hints=content["authority_hints"],
            extra={} if membership is None else {"ler_membership": membership},
        )

    def _content(self, session: Session) -> JsonObject:
        """All that the configuration says, without its dates."""
        network = rows.network(session)
        entity: JsonObject = {"organization_name": self.identity.name}
        membership: JsonObject | None = None
        if network is not None:
            entity["federation_resolve_endpoint"] = f"{self.entity_id}/federation/resolve"
        if network is not None and network.role == rows.ANCHOR:
            entity["organization_name"] = network.name
            entity["federation_fetch_endpoint"] = f"{self.entity_id}/federation/fetch"
            entity["federation_list_endpoint"] = f"{self.entity_id}/federation/list"
            own = find_record(session, self.entity_id)
            membership = own.membership.to_json() if own else None
        return {
            "metadata": {"federation_entity": entity, "ler_node": {"did": self.identity.did}},
            "authority_hints": [network.anchor] if network is not None and network.role == rows.MEMBER else [],
            "membership": membership,
            "jwks": to_jwks(self.keys()),
        }
