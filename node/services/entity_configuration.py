"""What this node says of itself to its network: its entity configuration, signed when it is asked for.

A federation key is published for a while before it signs, and as long as our superior does not state it: whoever
checks our chain then has it when its first signature comes.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.1.2
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.clock import Clock
from node.errors import Conflict
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.mark_claims import mark_claims, mark_endpoints
from node.services.member_record import find_record
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject, digest_json
from protocols.jose.jws import parse_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.agreement import Agreement
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.statement import MAX_STATEMENT_BYTES, sign_configuration

LIVES_FOR = timedelta(hours=24)
RENEWED_AFTER = timedelta(hours=12)
KEY_OVERLAP = timedelta(days=7)
"""How long a new federation key is published before it signs."""
BELONGS = ("member", "suspended")


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

    def keys(self, stated: Collection[str] | None = None) -> Mapping[str, PublicKey]:
        """The federation keys published now, by kid; the first is the one that signs.

        Args:
            stated: the kids that our superior stated last: no other signs yet. None where there is no superior.
        """
        now = self.clock.now()
        keys = [key for key in self.identity.all_keys() if key.purpose is Purpose.FEDERATION]
        settled = [
            number
            for number, key in enumerate(keys)
            if key.created_at + KEY_OVERLAP <= now and (stated is None or key.kid in stated)
        ]
        return {key.kid: key.public for key in keys[max(settled, default=0) :]}

    async def check_replaceable(self) -> None:
        """Raises Conflict where our federation key must stay: an anchor's is all that others know the anchor by."""
        network = await self.storage.read(rows.network)
        if network is not None and network.role == rows.ANCHOR:
            raise Conflict(
                "the federation key of an anchor stays: members, and learners from their enrolment, know it by that",
                found="federation",
                expected="authentication, assertionMethod or keyAgreement",
            )

    async def current(self) -> str:
        """The configuration, the same token until something in it changes or half its life is over."""
        content, keys = await self.storage.read(self._content)
        now = self.clock.now().replace(microsecond=0)
        version = digest_json(content)
        kept = self._kept
        if kept is None or kept.content != version or now >= kept.renewed_at:
            kept = _Signed(content=version, renewed_at=now + RENEWED_AFTER, token=self._sign(content, keys, now))
            self._kept = kept
        return kept.token

    def _sign(self, content: JsonObject, keys: Mapping[str, PublicKey], now: datetime) -> str:
        membership = content["membership"]
        return sign_configuration(
            entity_id=self.entity_id,
            signer=self.identity.keystore.signer(next(iter(keys))),
            jwks=keys,
            metadata=content["metadata"],
            iat=now,
            exp=now + LIVES_FOR,
            authority_hints=content["authority_hints"],
            extra={**content["marks"], **({} if membership is None else {"ler_membership": membership})},
        )

    def _content(self, session: Session) -> tuple[JsonObject, Mapping[str, PublicKey]]:
        """All that the configuration says, without its dates; and the keys in it."""
        network = rows.network(session)
        keys = self.keys(_stated(session, network, self.identity.did))
        entity: JsonObject = {"organization_name": self.identity.name}
        node: JsonObject = {"did": self.identity.did, "did_document_sha256": digest_json(self.identity.did_document())}
        membership: JsonObject | None = None
        if network is not None:
            entity["federation_resolve_endpoint"] = f"{self.entity_id}/federation/resolve"
            entity["federation_historical_keys_endpoint"] = f"{self.entity_id}/federation/historical_keys"
        if network is not None and network.role == rows.ANCHOR:
            entity["organization_name"] = network.name
            entity["federation_fetch_endpoint"] = f"{self.entity_id}/federation/fetch"
            entity["federation_list_endpoint"] = f"{self.entity_id}/federation/list"
            entity["policy_uri"] = f"{self.entity_id}/federation/governance.json"
            if network.terms is not None:
                terms = {"uri": f"{self.entity_id}/federation/terms"}
                node["agreement"] = {**Agreement.parse(network.terms).to_json(), **terms}
            own = find_record(session, self.entity_id)
            membership = own.membership.to_json() if own else None
        entity |= mark_endpoints(session, self.entity_id)
        content: JsonObject = {
            "metadata": {"federation_entity": entity, "ler_node": node},
            "authority_hints": [network.anchor] if network is not None and network.role == rows.MEMBER else [],
            "membership": membership,
            "marks": mark_claims(session, self.clock.now()),
            "jwks": to_jwks(keys),
        }
        return content, keys


def _stated(session: Session, network: rows.NetworkConfig | None, did: str) -> Collection[str] | None:
    """The kids of ours that our superior stated last; None where there is none, or before it did."""
    own = rows.peer(session, did)
    if network is None or network.role == rows.ANCHOR or network.state not in BELONGS:
        return None  # nobody follows what we publish; who applies again brings all its keys along
    if own is None or own.statement_jws is None:
        return None
    claims = parse_compact(own.statement_jws, max_bytes=MAX_STATEMENT_BYTES).claims
    return parse_jwks(claims["jwks"]).keys()
