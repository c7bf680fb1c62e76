"""What the anchor states about its members: signed when it is asked for, kept for half its life.

Only members in good standing are stated to whoever does not ask for more: other federations' clients know no
"suspended". Statements about the rest stay available to readers of `ler_membership`: whoever asks whether a diploma of
2026 was issued by a member needs the events of an institution that closed in 2031.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.1
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.clock import Clock
from node.errors import BadInput, NotFound
from node.services.entity_configuration import LIVES_FOR, RENEWED_AFTER, OwnConfiguration
from node.services.member_record import MemberRecord, find_record, records_of
from node.storage.repos import federation, membership
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import digest_json
from protocols.jose.jws import parse_compact
from protocols.jose.keys import PublicKey
from protocols.trust.entity import check_entity_id, entity_id_of
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.standing import is_in_good_standing
from protocols.trust.statement import member_metadata, sign_subordinate

MAX_KEPT = 4096
ENTITY_TYPES = frozenset({"federation_entity", "ler_node"})
"""What every member of this network is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A signed statement about `entity_id`."""

    entity_id: str
    token: str


@dataclass(slots=True)
class Statements:
    storage: UnitOfWork
    configuration: OwnConfiguration
    clock: Clock
    _kept: OrderedDict[str, tuple[str, datetime, str]] = field(
        default_factory=OrderedDict[str, tuple[str, datetime, str]], init=False
    )

    async def about(self, subject: str, *, everybody: bool = False) -> Statement:
        """The statement about a member in good standing, by its entity id or its DID.

        Args:
            everybody: suspended and past members too, whose statement says so.

        Raises:
            BadInput: this node's own entity id.
            StatementRefused: not an entity id or DID.
            NotFound: no such member, or this node is not an anchor.
        """
        entity_id = entity_id_of(subject) if subject.startswith("did:") else check_entity_id(subject)
        if entity_id == self.configuration.entity_id:
            raise BadInput("an entity states about itself in its configuration", expected="another entity")

        def body(session: Session) -> tuple[MemberRecord, Mapping[str, PublicKey]] | None:
            if not _is_anchor(session):
                return None
            record = find_record(session, entity_id)
            if record is None or not record.was_approved or not (everybody or self._is_good(record)):
                return None
            return record, _keys_of(session, record)

        found = await self.storage.read(body)
        if found is None:
            raise NotFound("no statement about this entity", found=subject[:120], expected="a member of this network")
        return self._statement(*found)

    async def all(self) -> Sequence[Statement]:
        """The statement about everybody who ever was a member, but this node."""

        def body(session: Session) -> list[tuple[MemberRecord, Mapping[str, PublicKey]]]:
            return [(record, _keys_of(session, record)) for record in self._published(session)]

        return [self._statement(record, keys) for record, keys in await self.storage.read(body)]

    async def entity_ids(self, *, everybody: bool = False) -> Sequence[str]:
        """Entity ids of the members in good standing; of past and suspended ones too where `everybody`.

        Raises:
            NotFound: this node is not an anchor.
        """

        def body(session: Session) -> list[str] | None:
            if not _is_anchor(session):
                return None
            published = self._published(session)
            return [each.entity_id for each in published if everybody or self._is_good(each)]

        listed = await self.storage.read(body)
        if listed is None:
            raise NotFound("this node has no subordinates", expected="the anchor of a network")
        return listed

    def _published(self, session: Session) -> list[MemberRecord]:
        records = records_of(membership.log(session))
        return [each for each in records if each.was_approved and each.entity_id != self.configuration.entity_id]

    def _is_good(self, record: MemberRecord) -> bool:
        return is_in_good_standing(record.membership, self.clock.now())

    def _statement(self, record: MemberRecord, keys: Mapping[str, PublicKey]) -> Statement:
        """The statement as it was signed last, unless something in it changed or half its life is over."""
        now = self.clock.now().replace(microsecond=0)
        signer = self.configuration.signer()
        version = digest_json([record.version, to_jwks(keys), signer.kid, self._is_good(record)])
        kept = self._kept.get(record.entity_id)
        if kept is None or kept[0] != version or now >= kept[1]:
            token = sign_subordinate(
                issuer=self.configuration.entity_id,
                subject=record.entity_id,
                signer=signer,
                jwks=keys,
                metadata=member_metadata(record.name, record.did),
                membership=record.membership,
                iat=now,
                exp=now + LIVES_FOR,
            )
            kept = self._kept[record.entity_id] = (version, now + RENEWED_AFTER, token)
        self._kept.move_to_end(record.entity_id)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return Statement(entity_id=record.entity_id, token=kept[2])


def _is_anchor(session: Session) -> bool:
    network = federation.network(session)
    return network is not None and network.role == federation.ANCHOR


def _keys_of(session: Session, record: MemberRecord) -> Mapping[str, PublicKey]:
    """The member's federation keys: as its last configuration has them, which one of the known keys signed."""
    peer = federation.peer(session, record.did)
    is_later = peer is not None and peer.fetched_at is not None and peer.fetched_at > record.applied_at
    if peer is None or peer.configuration_jws is None or not is_later:
        return record.jwks
    return parse_jwks(parse_compact(peer.configuration_jws).claims["jwks"])
