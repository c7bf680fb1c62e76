"""Who stands in for an institution that has closed, as we can prove it: what its custodian publishes, checked.

From then on its own host is not asked any more: whoever has its domain now is not the institution.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from node.clock import Clock
from node.errors import Conflict, NodeError, NotFound, Rejected
from node.log import Log
from node.services.dates import Synced
from node.services.directory import Directory
from node.services.entity_configuration import OwnConfiguration
from node.services.web import CONFIRMATION, Web
from node.storage.repos import custody as rows
from node.storage.repos import federation
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, parse_object
from protocols.trust.entity import MAX_ENTITY_ID_CHARACTERS, check_entity_id, did_of
from protocols.trust.refusal import StatementRefused
from protocols.trust.succession import (
    ENDED,
    MAX_CUSTODY_BYTES,
    Custody,
    check_custody,
    parse_custody,
    sign_confirmation,
)


@dataclass(frozen=True, slots=True)
class Successors:
    storage: UnitOfWork
    configuration: OwnConfiguration
    directory: Directory
    web: Web
    clock: Clock
    log: Log

    async def sync(self) -> None:
        """The job `custody.sync`: what the custodians of closed members publish, kept where it holds."""
        for institution, custodian in await self.storage.read(self._ended):
            try:
                document, custody = await self._published(custodian, institution)
                await self.storage.run(
                    "custody.synced",
                    lambda session, document=document, custody=custody: self._keep(session, document, custody),
                )
            except (NodeError, ProtocolError) as error:
                self.log.info("custody not synced", institution=institution, detail=error.detail)

    async def confirm(self, institution: str) -> str:
        """Confirms to its custodian that an institution has closed, as its anchor says; returns the custodian.

        Raises:
            NotFound: nobody that closed with a successor.
            Conflict: its custodian, or its anchor: others have to confirm.
            StatementRefused: the custodian shows a succession of another institution, or to another.
            Rejected, Unreachable: the custodian does not take it, or does not answer.
        """
        institution = check_entity_id(institution)

        def body(session: Session) -> str:
            ended, network = dict(self._ended(session)), federation.network(session)
            if institution not in ended or network is None:
                raise NotFound("nobody that closed with a successor", found=institution, expected="a closed member")
            custodian = ended[institution]
            if self.configuration.entity_id in (custodian, network.anchor, institution):
                raise Conflict("another member has to confirm this", expected="neither the custodian nor the anchor")
            return custodian

        custodian = await self.storage.read(body)
        _, custody = await self._published(custodian, institution)
        token = sign_confirmation(
            custody.succession,
            by=self.configuration.entity_id,
            signer=self.configuration.signer(),
            at=self.clock.now(),
        )
        url = f"{custodian}/federation/custody?institution={quote(institution, safe='')}"
        posted = await self.web.post(url, token.encode("ascii"), content_type=CONFIRMATION)
        if posted.status != 202:
            raise Rejected("the custodian does not take the confirmation", found=f"HTTP {posted.status}")
        return custodian

    def _ended(self, session: Session) -> Sequence[tuple[str, str]]:
        """(institution, custodian) of each member that its anchor closed with a successor other than this node."""
        return [
            (member.entity_id, successor)
            for member in self.directory.members(session)
            if member.membership.state in ENDED
            and (successor := member.membership.events[-1].successor) is not None
            and successor != self.configuration.entity_id
        ]

    def _keep(self, session: Session, document: JsonObject, custody: Custody) -> None:
        network = federation.network(session)
        if network is None:
            return
        check_custody(custody, Synced(session, self.directory), anchor=network.anchor)
        word = custody.succession
        row = rows.succession(session, word.about) or rows.Succession(
            institution=word.about, custodian=word.custodian, token=word.token, named_at=word.at
        )
        if row.taken_at is None:
            row.custodian, row.token, row.named_at = word.custodian, word.token, word.at
            row.date, row.confirmations = document["date"], document["confirmations"]
            rows.keep(session, row)

    async def _published(self, custodian: str, institution: str) -> tuple[JsonObject, Custody]:
        """What the custodian shows for this institution: nobody is made to sign, or to keep, what is about another."""
        url = f"{custodian}/federation/custody?institution={quote(institution, safe='')}"
        fetched = await self.web.get(url, max_bytes=MAX_CUSTODY_BYTES, accept="application/json")
        document = parse_object(fetched.body, max_bytes=MAX_CUSTODY_BYTES)
        custody = parse_custody(document)
        word = custody.succession
        if (word.about, word.custodian) != (institution, custodian):
            raise StatementRefused(
                "a succession of another, or to another",
                rule="succession_of_another",
                found=f"{word.about} to {word.custodian}"[:160],
                expected=f"{institution} to {custodian}",
            )
        return document, custody


def stands_in(session: Session, directory: Directory, url: str, issuer: str) -> str | None:
    """Entity id of who publishes the status list at `url` now; None where its issuer (a DID) does so itself.

    Raises:
        NotFound: the issuer, or whose address it is, has closed, and nobody can be proved to stand in for it.
    """
    found = (directory.member(session, did) for did in (issuer, *_hosts_of(url)))
    member = next((each for each in found if each is not None and each.membership.state in ENDED), None)
    if member is None:
        return None
    row, network = rows.succession(session, member.entity_id), federation.network(session)
    if row is None or row.date is None or network is None:
        raise NotFound("its issuer has closed, and nobody is known to stand in for it", found=member.entity_id)
    custody = parse_custody({"succession": row.token, "date": row.date, "confirmations": row.confirmations})
    try:
        check_custody(custody, Synced(session, directory), anchor=network.anchor)
    except StatementRefused as refusal:
        raise NotFound(
            f"its issuer has closed, and who says to stand in for it does not: {refusal.detail}"
        ) from refusal
    return row.custodian


def _hosts_of(url: str) -> Sequence[str]:
    """The DIDs of the entities at whose address `url` can stand: its host's, and those of the paths that it is under.

    So nobody looks through all members for each list.
    """
    ends = (at for at, character in enumerate(url[: MAX_ENTITY_ID_CHARACTERS + 1]) if character == "/")
    found: list[str] = []
    for end in ends:
        with suppress(StatementRefused):
            found.append(did_of(url[:end]))
    return found
