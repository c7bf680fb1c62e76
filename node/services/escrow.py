"""The institution's side of its own end, while it lives: naming a custodian, and handing over what that will need.

What is handed over is encrypted for the custodian, who alone can read it: the status lists as they are, and the
credentials with their places in them. No key is among it: nobody will be able to sign in our name.
"""

import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from node.clock import Clock, entropy, new_id
from node.errors import Conflict, NotFound
from node.services.directory import Directory
from node.services.entity_configuration import OwnConfiguration
from node.services.identity import Identity
from node.services.issuance_log import IssuanceLog
from node.storage.repos import custody as rows
from node.storage.repos import federation, issuance, status_lists
from node.storage.unit import Session, UnitOfWork
from protocols.didcomm.envelope import pack_authcrypt
from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json
from protocols.trust.entity import check_entity_id, did_of
from protocols.trust.succession import parse_succession, sign_succession

PIURI = "https://w3id.org/ler-exchange/custody/1.0"
PAGE = 50
"""Credentials that are read at once."""
FILLED_BYTES = 512 * 1024
"""Of JSON in an envelope: encrypted it is a third more, and an envelope may have 1 MiB."""


@dataclass(frozen=True, slots=True)
class Escrow:
    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    directory: Directory
    issuance_log: IssuanceLog
    clock: Clock

    async def name(self, custodian: str) -> rows.Succession:
        """Names who publishes our status lists when we have closed; dated with the next head of our issuance log.

        Naming the same again changes nothing; another takes the place of the one before.

        Raises:
            NotFound: no member in good standing.
            Conflict: this node itself, or one in no network.
        """
        institution, custodian = self.configuration.entity_id, check_entity_id(custodian)

        def body(session: Session) -> rows.Succession:
            now = self.clock.now()
            if custodian == institution or federation.network(session) is None:
                raise Conflict("no custodian of this node", found=custodian, expected="another member of its network")
            member = self.directory.member(session, did_of(custodian))
            if member is None or member.membership.state_at(now)[0] != "member":
                raise NotFound("no member in good standing", found=custodian, expected="a member of the network")
            known = rows.succession(session, institution)
            if known is not None and known.custodian == custodian:
                return known
            token = sign_succession(institution, custodian, signer=self.configuration.signer(), at=now)
            self.issuance_log.add(session, None, parse_succession(token).digest, now=now)
            row = known or rows.Succession(institution=institution, custodian=custodian, token=token, named_at=now)
            row.custodian, row.token, row.named_at, row.date = custodian, token, now, None
            rows.keep(session, row)
            return row

        return await self.storage.run("custody.named", body)

    async def named(self) -> rows.Succession:
        """Whom we named, with the proof of its date once others have seen it; raises NotFound."""

        def body(session: Session) -> rows.Succession:
            row = rows.succession(session, self.configuration.entity_id)
            if row is None:
                raise NotFound("nobody is named", expected="ler-node succession name CUSTODIAN")
            if row.date is None and (date := self.issuance_log.proof_of(session, parse_succession(row.token).digest)):
                row.date = date
                rows.keep(session, row)
            return row

        return await self.storage.run("custody.dated", body)

    async def envelopes(self) -> AsyncIterator[bytes]:
        """Everything the custodian needs, as envelopes for it: the succession and the lists first, then credentials.

        Raises:
            NotFound: nobody is named, or its keys are not known.
            Conflict: the naming has no date yet.
        """
        named = await self.named()
        if named.date is None:
            raise Conflict("the succession has no date yet", expected="a head of the issuance log that others signed")
        member = await self.storage.read(lambda session: self.directory.member(session, did_of(named.custodian)))
        if member is None or member.document is None:
            raise NotFound("the custodian's keys are not known", found=named.custodian, expected="a synced member")
        for lists in _filled(await self.storage.read(self._lists)) or [[]]:
            body: JsonObject = {"succession": named.token, "date": named.date, "lists": lists}
            yield self._packed("succession", body, member.document)
        after: str | None = None
        while True:
            page = await self.storage.read(lambda session, after=after: self._records(session, after))
            if page is None:
                return
            after, records = page
            for part in _filled(records):
                yield self._packed("records", {"records": part}, member.document)

    def _lists(self, session: Session) -> list[JsonObject]:
        return [
            {
                "url": f"{self.identity.base_url}/status/{row.id}",
                "purpose": row.purpose,
                "size": row.size,
                "bits": b64url_encode(zlib.compress(zlib.decompress(row.bits), 9)),
            }
            for row in status_lists.page(session, limit=1000, after=None)
            if row.meaning is None
        ]

    def _records(self, session: Session, after: str | None) -> tuple[str, list[JsonObject]] | None:
        page = issuance.page(session, limit=PAGE, after=after)
        if not page:
            return None
        found = [
            {
                "id": row.id,
                "document": row.document,
                "places": [
                    [f"{self.identity.base_url}/status/{each.id}", index]
                    for each, index in status_lists.places(session, row.id)
                ],
            }
            for row in page
            if row.document is not None
        ]
        return page[-1].id, found

    def _packed(self, name: str, body: JsonObject, custodian: DidDocument) -> bytes:
        now = self.clock.now()
        message = Message(
            id=new_id(),
            type=f"{PIURI}/{name}",
            sender=self.identity.did,
            to=(custodian.id,),
            created_time=now,
            body=body,
        )
        sender = self.identity.agreement_of(self.identity.did)
        recipients = custodian.recipients(sender.public.crv, now)
        return pack_authcrypt(message, sender=sender, recipients=recipients, entropy=entropy)


def _filled(entries: Sequence[JsonObject]) -> list[list[JsonObject]]:
    """The entries in their order, in parts that fit in an envelope each; one that does not is a part of its own."""
    parts: list[list[JsonObject]] = []
    room = 0
    for entry in entries:
        size = len(canonical_json(entry))
        if not parts or size > room:
            parts.append([])
            room = FILLED_BYTES
        parts[-1].append(entry)
        room -= size
    return parts
