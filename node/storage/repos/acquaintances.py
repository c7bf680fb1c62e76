"""Whom this node knows: members, its learners, the per-asker DIDs of exchanges under way. The rest are strangers."""

from datetime import datetime

from sqlalchemy import delete, exists, or_
from sqlmodel import Session, col, select

from node.storage.tables.exchange import AskedLearner, RelayRoute
from node.storage.tables.federation import Peer
from node.storage.tables.learners import Learner
from node.storage.tables.messages import KnownDid


def knows(session: Session, did: str) -> bool:
    """Whether `did` (short form) is a member, a learner of ours, or somebody's DID in an exchange here."""
    places = (Peer.did, Learner.did, RelayRoute.per_asker_did, AskedLearner.per_asker_did)
    return session.exec(select(or_(*(exists().where(col(place) == did) for place in places)))).one()


def forget_strangers(session: Session, *, before: datetime) -> int:
    """Removes the long forms of DIDs that nobody here deals with, learned before `before`; how many."""
    kept = (Learner.did, RelayRoute.per_asker_did, AskedLearner.per_asker_did)
    unused = [~exists().where(col(place) == col(KnownDid.did)) for place in kept]
    return session.exec(delete(KnownDid).where(col(KnownDid.learned_at) < before, *unused)).rowcount
