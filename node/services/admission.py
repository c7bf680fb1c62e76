"""Applications to join the network that this node is the anchor of, as they come in from strangers.

A stranger's application makes this node fetch from the stranger's host; so nothing is fetched before the application
shows an invitation that this node gave out and that nobody used, and not often even then.
"""

from dataclasses import dataclass

from node.clock import Clock
from node.errors import Forbidden, NodeError, NotFound, Rejected
from node.log import Log
from node.services.attempts import Attempts
from node.services.entity_configuration import OwnConfiguration
from node.services.member_record import MemberRecord, find_record
from node.services.membership import Members
from node.services.web import Web, get_configuration, get_did_document, object_in, token_in
from node.storage.repos import membership
from node.storage.unit import Session, UnitOfWork
from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.errors import ProtocolError
from protocols.trust.did_request import check_request
from protocols.trust.entity import agree
from protocols.trust.leaving import LeaveNotice
from protocols.trust.network import JoinApplication
from protocols.trust.statement import EntityStatement, parse_statement


@dataclass(frozen=True, slots=True)
class Admission:
    storage: UnitOfWork
    members: Members
    configuration: OwnConfiguration
    web: Web
    attempts: Attempts
    clock: Clock
    log: Log

    async def apply(self, token: str) -> MemberRecord:
        """Takes an application in: from then on it waits for a decision, or was approved with its invitation.

        The same one again gets the same answer.

        Args:
            token: a join application as a compact JWS.

        Raises:
            StatementRefused: not an application, not signed by the DID it is for, or publications that do not agree.
            Forbidden: no invitation of ours, or one that was used or has expired.
            RateLimited: too many failed tries with this invitation.
            Rejected: the applicant's publications cannot be had.
            Conflict: this node is no anchor, or the applicant belongs to the network already.
        """
        application = JoinApplication.parse(token)
        known = await self.storage.read(lambda session: self._known(session, application))
        if known is not None:
            return known
        self.attempts.check(application.invite_token_hash, "")
        try:
            document, configuration = await self._publications(application)
            agree(application.entity_id, application.did, document, configuration)
            configuration.verify_with(application.jwks)
            check_request(application, document, anchor=self.configuration.entity_id, now=self.clock.now())
        except (NodeError, ProtocolError):
            self.attempts.failed(application.invite_token_hash)
            raise

        def body(session: Session) -> MemberRecord:
            now = self.clock.now()
            if not membership.use_invitation(session, application.invite_token_hash, application.entity_id, now=now):
                raise _not_invited()
            invitation = membership.invitation(session, application.invite_token_hash)
            record = self.members.apply(session, application)
            return record if invitation is None else self.members.admit(session, record, invitation)

        record = await self.storage.run("membership.apply", body)
        self.log.info("application taken in", entity_id=record.entity_id)
        return record

    async def leave(self, token: str) -> MemberRecord:
        """Takes a notice of leaving in. It is fetched for only where it names a membership that there is.

        Args:
            token: a leave notice as a compact JWS.

        Raises:
            StatementRefused: not a notice, or not signed by the DID that it is of.
            NotFound: nobody of that name applied.
            RateLimited: too many failed tries for this member.
            Rejected: its DID document cannot be had.
            Conflict: this node is no anchor, or the notice is of an earlier membership.
        """
        notice = LeaveNotice.parse(token)

        def body(session: Session) -> MemberRecord:
            return self.members.leave(session, notice)

        if await self.storage.read(lambda session: find_record(session, notice.entity_id)) is None:
            raise NotFound("nobody with this id applied", found=notice.entity_id, expected="an applicant or member")
        self.attempts.check(notice.entity_id, "")
        try:
            document = await self._document(notice.entity_id, notice.did)
            check_request(notice, document, anchor=self.configuration.entity_id, now=self.clock.now())
        except (NodeError, ProtocolError):
            self.attempts.failed(notice.entity_id)
            raise
        record = await self.storage.run("membership.left", body)
        self.log.info("member left", entity_id=record.entity_id)
        return record

    def _known(self, session: Session, application: JoinApplication) -> MemberRecord | None:
        """The applicant where this application was taken in already; None where its invitation is unused.

        Raises:
            Forbidden: there is no such invitation, or it is no longer good.
        """
        invitation = membership.invitation(session, application.invite_token_hash)
        if invitation is None or (invitation.used_at is None and invitation.expires_at <= self.clock.now()):
            raise _not_invited()
        if invitation.invitee not in (None, application.entity_id):
            raise _not_invited()
        if invitation.used_at is None:
            return None
        entries = membership.about(session, application.entity_id)
        if invitation.approved_by is not None and entries[-1].event == "approved":
            entries = entries[:-1]  # it came with the application that is before it
        if invitation.used_by != application.entity_id or entries[-1].detail.get("application") != application.token:
            raise _not_invited()
        return find_record(session, application.entity_id)

    async def _publications(self, application: JoinApplication) -> tuple[DidDocument, EntityStatement]:
        """What the applicant publishes now, fetched outside any transaction."""
        document = await self._document(application.entity_id, application.did)
        try:
            token = token_in(await get_configuration(self.web, application.entity_id))
        except NodeError as error:
            raise _unpublished(error) from error
        return document, parse_statement(token, self.clock.now())

    async def _document(self, entity_id: str, did: str) -> DidDocument:
        try:
            return parse_document(object_in(await get_did_document(self.web, entity_id)), did)
        except NodeError as error:
            raise _unpublished(error) from error


def _unpublished(error: NodeError) -> Rejected:
    return Rejected(
        "the applicant's publications cannot be had",
        found=error.detail,
        expected="its did.json and its entity configuration",
    )


def _not_invited() -> Forbidden:
    return Forbidden("not an invitation of this network", expected="an unused invitation that has not expired")
