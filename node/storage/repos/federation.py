"""Our place in a trust network, and the synced copy of everybody in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, inspect
from sqlmodel import col, select

from node.storage.tables.federation import NetworkConfig, Peer
from node.storage.tables.identity import Setting
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject

__all__ = ["NetworkConfig", "Peer"]

ANCHOR = "anchor"
MEMBER = "member"
_SYNCED = "federation.synced"
_REVISION = "federation.revision"
_FOUND_BY = ("statement_jws", "configuration_jws", "membership", "issuer_metadata")
_LOADED_AT_ONCE = 200


def network(session: Session) -> NetworkConfig | None:
    """The network that this node is the anchor of, or belongs to, or has applied to."""
    return session.exec(select(NetworkConfig).order_by(col(NetworkConfig.created_at)).limit(1)).first()


def add_network(
    session: Session,
    *,
    anchor: str,
    role: str,
    name: str,
    jwks: JsonObject,
    state: str,
    registration: JsonObject,
    now: datetime,
) -> NetworkConfig:
    row = NetworkConfig(
        anchor=anchor,
        role=role,
        name=name,
        jwks=jwks,
        state=state,
        registration=registration,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def remove_network(session: Session, anchor: str) -> None:
    """Forgets a network that never took us in."""
    session.delete(session.get_one(NetworkConfig, anchor))
    session.flush()


def change_network(session: Session, anchor: str, *, now: datetime, **changes: Any) -> None:
    """Sets columns of a network; writes nothing where they have these values already."""
    row = session.get_one(NetworkConfig, anchor)
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if different:
        row.updated_at = now
        session.add(row)
        session.flush()


def anchors(session: Session) -> list[JsonObject]:
    """Who vouches for this node's network, as an enrolled learner's wallet is told: entity_id, name, jwks."""
    rows = session.exec(select(NetworkConfig).order_by(col(NetworkConfig.created_at)))
    return [{"entity_id": row.anchor, "name": row.name, "jwks": row.jwks} for row in rows]


def peer(session: Session, did: str) -> Peer | None:
    return session.get(Peer, did)


def peers(session: Session) -> Sequence[Peer]:
    """Everybody who was ever synced, by entity id."""
    return session.exec(select(Peer).order_by(col(Peer.entity_id))).all()


Stamp = tuple[str | None, datetime | None, str | None]
"""What changes whenever something of a peer does: its statement, when its publications came, what is wrong."""


def stamp(session: Session, did: str) -> Stamp | None:
    """The stamp of one peer; its documents are not loaded."""
    query = select(Peer.statement_jws, Peer.fetched_at, Peer.error).where(Peer.did == did)
    for statement, fetched_at, error in session.exec(query):
        return statement, fetched_at, error
    return None


def stamps(session: Session) -> dict[str, Stamp]:
    """The stamps of all by DID, in the order of `peers`."""
    query = select(Peer.did, Peer.statement_jws, Peer.fetched_at, Peer.error).order_by(col(Peer.entity_id))
    return {did: (statement, fetched_at, error) for did, statement, fetched_at, error in session.exec(query)}


def keep(session: Session, row: Peer) -> None:
    """Stores a peer, under a new revision where it will be found by other things than before."""
    state = inspect(row)
    if any(state.attrs[name].history.has_changes() for name in _FOUND_BY):
        row.revision = session.info.setdefault(_REVISION, revision(session) + 1)
    session.add(row)
    session.flush()


def found_anew(session: Session, did: str) -> None:
    """A peer is found by other things than before, none of which stand in its row."""
    row = session.get(Peer, did)
    if row is not None:
        row.revision = session.info.setdefault(_REVISION, revision(session) + 1)
        session.add(row)
        session.flush()


def revision(session: Session) -> int:
    """The highest revision of a peer: 0 where none was ever kept."""
    return session.exec(select(func.max(Peer.revision))).one() or 0


def changed_since(session: Session, revision: int) -> Iterator[Peer]:
    """Peers that are found by other things than at `revision`; all, where that is negative."""
    query = select(Peer).where(Peer.revision > revision).order_by(col(Peer.entity_id))
    return iter(session.exec(query.execution_options(yield_per=_LOADED_AT_ONCE)))


def due(session: Session, *, now: datetime) -> Sequence[Peer]:
    """Peers whose own publications are to be looked at again."""
    return session.exec(select(Peer).where(Peer.next_at <= now).order_by(col(Peer.next_at))).all()


def synced_at(session: Session) -> datetime | None:
    """When the whole list of members last came."""
    row = session.get(Setting, _SYNCED)
    return None if row is None or row.value is None else datetime.fromisoformat(row.value)


def mark_synced(session: Session, *, now: datetime) -> None:
    row = session.get(Setting, _SYNCED) or Setting(name=_SYNCED)
    row.value = now.isoformat()
    session.add(row)
    session.flush()
