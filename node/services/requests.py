"""What an employer asks for: checked against its own registration, published as one link for many learners.

Every learner who makes contact gets a request of their own, signed then, with its own nonce: so no two answers can be
put together, and a presentation made for one request is worth nothing for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock, entropy, new_id
from node.errors import BadInput, Conflict, Forbidden, NotFound
from node.services.did_document import Purpose as KeyPurpose
from node.services.directory import Directory
from node.services.federation import Federation
from node.services.identity import Identity
from node.services.invitations import Goal, Invitations
from node.storage.repos import exchange as rows
from node.storage.unit import Session, UnitOfWork
from protocols.didcomm.message import Attachment
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, b64url_encode
from protocols.requests.query import PresentationQuery, claims_asked, parse_query
from protocols.requests.request import PresentationRequest, Purpose, sign_request
from protocols.trust.registration import covers

LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the recruiter sees it: its link, and how far each learner who opened it has come."""

    id: str
    link: str
    query: JsonObject
    purpose: JsonObject
    retention_days: int
    created_at: datetime
    expires_at: datetime
    learners: dict[str, int]


@dataclass(frozen=True, slots=True)
class Requests:
    storage: UnitOfWork
    identity: Identity
    directory: Directory
    invitations: Invitations
    federation: Federation
    clock: Clock

    async def create(self, query: JsonObject, purpose: Purpose, retention_days: int, lives_for: timedelta) -> Asked:
        """A new request and its link; our own trust chain goes along, so that a wallet can tell who invites.

        Args:
            query: a PresentationQuery as JSON.

        Raises:
            BadInput: not a query, or a lifetime over 90 days.
            Conflict: no trust network has admitted this node.
            Forbidden: beyond what the trust network registered this verifier for.
        """
        try:
            parsed = parse_query(query)
        except ProtocolError as error:
            raise BadInput(error.detail, found=error.found, expected=error.expected) from error
        if not timedelta() < lives_for <= LONGEST:
            found = f"{lives_for.total_seconds():.0f} s"
            raise BadInput("a lifetime that is not allowed", found=found, expected="up to 90 days")
        chain = await self.federation.own_chain()
        if chain is None:
            raise Conflict("this node is in no trust network", expected="ler-node network join, and an approval")

        def body(session: Session) -> Asked:
            now = self.clock.now()
            self._check_registered(session, parsed, purpose, retention_days, now)
            expires_at = now + lives_for
            id = new_id()
            attached = Attachment(id="asker", media_type="application/json", json={"trust_chain": list(chain)})
            invitation = self.invitations.publish(
                session,
                Goal.PRESENT,
                purpose.text,
                payload={"request": id},
                expires_at=expires_at,
                attachments=(attached,),
            )
            row = rows.add_request(
                session,
                id=id,
                query=parsed.to_json(),
                purpose=purpose.to_json(),
                retention_days=retention_days,
                invitation_id=invitation,
                now=now,
                expires_at=expires_at,
            )
            return self._asked(session, row)

        return await self.storage.run("requests.create", body)

    async def list(self, *, limit: int, after: str | None) -> Sequence[Asked]:
        def body(session: Session) -> Sequence[Asked]:
            return [self._asked(session, row) for row in rows.requests(session, limit=limit, after=after)]

        return await self.storage.read(body)

    async def get(self, request_id: str) -> Asked:
        """One request; raises NotFound."""

        def body(session: Session) -> Asked:
            row = rows.request(session, request_id)
            if row is None:
                raise NotFound("no such request", found=request_id[:40], expected="the id of a request")
            return self._asked(session, row)

        return await self.storage.read(body)

    def sign_for_learner(self, row: rows.PresentationRequest, chain: Sequence[str]) -> str:
        """The request as one learner gets it: a compact JWS with an id and a nonce of its own."""
        request = PresentationRequest(
            issuer=self.identity.did,
            id=new_id(),
            issued_at=self.clock.now().replace(microsecond=0),
            expires_at=row.expires_at.replace(microsecond=0),
            nonce=b64url_encode(entropy(16)),
            purpose=Purpose(**row.purpose),
            retention_days=row.retention_days,
            query=parse_query(row.query),
            trust_chain=tuple(chain),
        )
        return sign_request(request, self.identity.signer(KeyPurpose.ASSERTION))

    def _check_registered(
        self, session: Session, query: PresentationQuery, purpose: Purpose, retention_days: int, now: datetime
    ) -> None:
        """The exit would refuse it later; who asks should hear it now, with what would be right."""
        standing = self.directory.standing(session, self.identity.did, "verifier", now)
        us = self.directory.member(session, self.identity.did)
        registered = us.membership.verifier if us else None
        if standing.outcome != "yes" or registered is None:
            raise Forbidden(
                f"this node may not ask: {standing.reason}", expected="a registered verifier in good standing"
            )
        if purpose.code not in registered.purposes:
            raise Forbidden(
                "not a purpose this node is registered for",
                found=purpose.code,
                expected=", ".join(registered.purposes),
            )
        if retention_days > registered.max_retention_days:
            raise Forbidden(
                "kept longer than this node is registered for",
                found=f"{retention_days} days",
                expected=f"at most {registered.max_retention_days} days",
            )
        for claim in claims_asked(query):
            if not covers(registered.claims, claim):
                raise Forbidden(
                    "asks for more than this node is registered for",
                    found=claim,
                    expected=", ".join(registered.claims),
                )

    def _asked(self, session: Session, row: rows.PresentationRequest) -> Asked:
        return Asked(
            id=row.id,
            link=f"{self.invitations.link(row.invitation_id or '')}?iuv=1",
            query=row.query,
            purpose=row.purpose,
            retention_days=row.retention_days,
            created_at=row.created_at,
            expires_at=row.expires_at,
            learners=rows.learner_states(session, row.id),
        )
