"""Out-of-band invitations: the links by which a learner first reaches this node.

`https://host/i/<id>` answers a browser with a page and a wallet with the protocols it can go on by; the invitation
itself is one GET further. Publishing one reveals nothing about who opens it.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#out-of-band-messages
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from node.clock import Clock, new_id
from node.errors import NotFound
from node.services.identity import Identity
from node.storage.repos import invitations as rows
from node.storage.unit import Session, UnitOfWork
from protocols.didcomm.message import Attachment
from protocols.flows.out_of_band.messages import Invitation
from protocols.jose.encoding import JsonObject


class Goal(StrEnum):
    """Why someone is invited; the codes are ours and so in reverse DNS."""

    ENROL = "org.w3id.ler-exchange.enrol"
    PRESENT = "org.w3id.ler-exchange.present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation as published, and what it is about (`payload`, ours alone)."""

    id: str
    goal: Goal
    message: JsonObject
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class Invitations:
    storage: UnitOfWork
    identity: Identity
    clock: Clock

    def link(self, invitation_id: str) -> str:
        return f"{self.identity.base_url}/i/{invitation_id}"

    def publish(
        self,
        session: Session,
        goal: Goal,
        text: str,
        *,
        payload: JsonObject,
        expires_at: datetime | None,
        attachments: tuple[Attachment, ...] = (),
    ) -> str:
        """The id of a new invitation; `text` is shown to whoever opens it."""
        id = new_id()
        message = Invitation(
            id=id, sender=self.identity.did, goal_code=goal.value, goal=text, attachments=attachments
        ).to_json()
        rows.add(session, id, goal.value, message, payload, now=self.clock.now(), expires_at=expires_at)
        return id

    async def get(self, invitation_id: str) -> Invited:
        """The invitation; raises NotFound when there is none, or no longer."""

        def body(session: Session) -> Invited:
            return self.find(session, invitation_id)

        return await self.storage.read(body)

    def find(self, session: Session, invitation_id: str) -> Invited:
        """As `get`, inside a transaction."""
        row = rows.get(session, invitation_id, now=self.clock.now())
        if row is None:
            raise NotFound("no such invitation, or it has expired", expected="a link as it was sent")
        return Invited(id=row.id, goal=Goal(row.goal_code), message=row.message, payload=row.payload)
