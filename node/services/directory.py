"""Who belongs to our network, from the synced copy and never from the network itself.

What is asked on each message and each credential is answered from memory: a member is parsed once and again only when
something of it was synced anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from node.clock import Clock
from node.errors import NotFound
from node.services.past_keys import Keys, federation_keys, with_past_methods
from node.services.peer_marks import PeerMark, good_marks
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.jose.encoding import JsonObject, canonical_json, digest
from protocols.jose.jws import parse_compact
from protocols.trust.directory import Entry, directory_document
from protocols.trust.entity import did_of
from protocols.trust.marks import TrustMark, parse_mark
from protocols.trust.membership import Membership
from protocols.trust.standing import Role, TrustDecision, standing
from protocols.trust.statement import MAX_STATEMENT_BYTES, expiry_of

LIST_GOOD_FOR = timedelta(hours=24)
"""Older than this, the list says nothing about who is not on it: they may have joined since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member, past ones too, as last synced and verified.

    Args:
        host: host and port of its entity id; who operates it, as far as relays keep apart by it.
        name: as approved by the anchor.
        document: None while its own publications have not been seen, or contradict one another. Keys that it had
            before are in it too, as expired.
        seen_at: when they were seen last.
        federation_keys: those that it has now, and had.
        fresh_until: until when the anchor's statement holds.
        metadata: what it publishes at `/issuer`; empty where it never came.
        marks: the trust marks that it published and that were good when they were synced last.
    """

    did: str
    entity_id: str
    host: str
    name: str
    membership: Membership
    document: DidDocument | None
    seen_at: datetime | None
    federation_keys: Keys
    fresh_until: datetime
    metadata: JsonObject
    marks: tuple[TrustMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The public directory as served. `etag` covers the members, not the time of the sync."""

    body: bytes
    etag: str


@dataclass(slots=True)
class Directory:
    storage: UnitOfWork
    clock: Clock
    _parsed: dict[str, tuple[rows.Stamp, Member | None]] = field(
        default_factory=dict[str, tuple[rows.Stamp, Member | None]], init=False
    )
    _exported: tuple[datetime, Exported] | None = field(default=None, init=False)

    def member(self, session: Session, did: str) -> Member | None:
        """The member with this DID; None for a stranger, or where the anchor's statement never came."""
        stamp = rows.stamp(session, did)
        return None if stamp is None else self._member(session, did, stamp)

    def members(self, session: Session) -> list[Member]:
        """Everybody who is or was a member, by entity id."""
        found = (self._member(session, did, stamp) for did, stamp in rows.stamps(session).items())
        return [member for member in found if member is not None]

    def is_synced(self, session: Session) -> bool:
        """Whether somebody who is not in here can be said not to be a member."""
        at = rows.synced_at(session)
        return at is not None and self.clock.now() < at + LIST_GOOD_FOR

    def standing(
        self,
        session: Session,
        did: str,
        role: Role,
        at: datetime,
        *,
        credential_type: str | None = None,
        attested_at: datetime | None = None,
        key_until: datetime | None = None,
    ) -> TrustDecision:
        """Whether `did` was a member in good standing, registered for `role`, as of `at`.

        Args:
            attested_at, key_until: as in `protocols.trust.standing`.
        """
        member = self.member(session, did)
        is_pending = member is None and rows.stamp(session, did) is not None
        decision = standing(
            member.membership if member else None,
            role=role,
            at=at,
            now=self.clock.now(),
            credential_type=credential_type,
            statement_fresh_until=member.fresh_until if member else None,
            is_synced=self.is_synced(session) and not is_pending,
            attested_at=attested_at,
            key_until=key_until,
        )
        if member is not None and member.document is None and decision.outcome == "yes":
            return TrustDecision(
                outcome="could_not_tell",
                reason="A member, but what it publishes itself was not seen yet or contradicts itself.",
                cause="publications_unverified",
                since=decision.since,
            )
        return decision

    async def exported(self) -> Exported:
        """`export` as bytes, made once a sync; raises NotFound before the first."""
        at = await self.storage.read(rows.synced_at)
        if at is None:
            raise _nothing_yet()
        if self._exported is None or self._exported[0] != at:
            document = await self.export()
            etag = digest(canonical_json({name: value for name, value in document.items() if name != "synced_at"}))
            self._exported = (at, Exported(body=canonical_json(document), etag=etag))
        return self._exported[1]

    async def export(self) -> JsonObject:
        """The whole directory as a public document (protocols/trust/directory.py), for wallets that check it all.

        Raises:
            NotFound: this node is in no network, or has not synced yet.
        """

        def body(session: Session) -> JsonObject | None:
            network, at = rows.network(session), rows.synced_at(session)
            anchor = rows.peer(session, did_of(network.anchor)) if network else None
            if at is None or anchor is None or anchor.configuration_jws is None:
                return None
            return directory_document(anchor.configuration_jws, self.entries(session), at)

        document = await self.storage.read(body)
        if document is None:
            raise _nothing_yet()
        return document

    def entries(self, session: Session) -> list[Entry]:
        """What is published about each member, as `export` has it."""
        return [entry for row in rows.peers(session) if (entry := _entry(row)) is not None]

    def _member(self, session: Session, did: str, stamp: rows.Stamp) -> Member | None:
        kept = self._parsed.get(did)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        row = rows.peer(session, did)
        member = read_member(row, good_marks(session, did, self.clock.now())) if row is not None else None
        self._parsed[did] = (stamp, member)
        return member


def read_member(row: rows.Peer, marks: Sequence[PeerMark] = ()) -> Member | None:
    """The member in a row, None where the anchor's statement never came. Verified when it was stored.

    `marks` are those of its that are good now.
    """
    token = row.statement_jws or row.configuration_jws
    if row.membership is None or token is None:
        return None
    metadata = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims.get("metadata", {})
    return Member(
        did=row.did,
        entity_id=row.entity_id,
        host=row.host,
        name=metadata.get("federation_entity", {}).get("organization_name", row.host),
        membership=Membership.parse(row.membership),
        document=_document(row),
        seen_at=row.fetched_at,
        federation_keys=federation_keys(row.configuration_jws or token, row.past_keys),
        fresh_until=expiry_of(token),
        metadata=row.issuer_metadata or {},
        marks=tuple(parse_mark(mark.token) for mark in marks),
    )


def _document(row: rows.Peer) -> DidDocument | None:
    if row.did_document is None:
        return None
    return parse_document(with_past_methods(row.did_document, row.past_keys), row.did)


def _entry(row: rows.Peer) -> Entry | None:
    if row.membership is None or row.configuration_jws is None or row.did_document is None:
        return None
    return Entry(
        entity_id=row.entity_id,
        did=row.did,
        configuration=row.configuration_jws,
        statement=row.statement_jws,
        did_document=row.did_document,
    )


def _nothing_yet() -> NotFound:
    return NotFound("there is no directory here yet", expected="a member of a network that has synced once")
