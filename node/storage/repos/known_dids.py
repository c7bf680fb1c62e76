"""Long forms of did:peer:4, which are their own documents, by the short forms that everything else names."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from node.storage.statements import insert_new
from node.storage.tables.messages import KnownDid
from protocols.jose.encoding import JsonObject


def learn(session: Session, did: str, *, long_form: str, now: datetime, document: JsonObject | None = None) -> None:
    """Remembers `did` (short form). The short form is a digest of the long one, so the first is as good as any."""
    values = {"did": did, "long_form": long_form, "document": document, "learned_at": now}
    insert_new(session, KnownDid, values)


def find(session: Session, did: str) -> KnownDid | None:
    """What is known of a short form."""
    return session.get(KnownDid, did)


def long_form_of(session: Session, did: str) -> str | None:
    """The long form of a short one."""
    known = find(session, did)
    return known.long_form if known else None


def forget(session: Session, did: str) -> None:
    """Removes it, where there is nothing more to say to that DID."""
    session.exec(delete(KnownDid).where(col(KnownDid.did) == did))
