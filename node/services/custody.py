"""The custodian's side: what an institution entrusted to us, and its status lists, published by our key."""

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from node.adapters.keystore import Sealer
from node.clock import Clock
from node.errors import BadInput, Conflict, NotFound
from node.services.dates import Synced
from node.services.did_document import Purpose
from node.services.directory import Directory
from node.services.entity_configuration import OwnConfiguration
from node.services.escrow import PIURI
from node.services.identity import Identity
from node.services.status_lists import RENEWED_EVERY, REVOCATION, SUITE, TTL_MS, VALID_FOR, Published
from node.storage.repos import custody as rows
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.proofs import add_proof
from protocols.didcomm.envelope import unpack
from protocols.didcomm.message import Message
from protocols.errors import TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, canonical_json, digest
from protocols.status.bitstring import MAX_BYTES, get_bit, set_bit
from protocols.status.publish import status_list_credential
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import list_of, object_of
from protocols.trust.succession import MAX_CONFIRMATIONS, custody_json, parse_confirmation, parse_succession

MAX_LISTS = 1000
MAX_RECORDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    changed_at: datetime
    signed_at: datetime
    published: Published


@dataclass(slots=True)
class CustodyService:
    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    directory: Directory
    sealer: Sealer
    clock: Clock
    _kept: dict[str, _Signed] = field(default_factory=dict[str, _Signed], init=False)

    async def take(self, envelope: bytes) -> tuple[str, int]:
        """Keeps what one envelope brings; the same one again changes nothing. (institution, credentials in it).

        Raises:
            ProtocolError: it does not open here, is not by the institution it is about, or names another custodian.
            NotFound: not by a member, or credentials before their succession.
        """
        now = self.clock.now()
        members = await self.storage.read(self.directory.members)
        documents = {each.did: each.document for each in members if each.document is not None}
        opened = unpack(envelope, secrets=self.identity.agreements(), documents=documents, now=now)
        message, sender = opened.message, opened.sender or ""
        member = next((each for each in members if each.did == sender), None)
        if member is None:
            raise NotFound(
                "records of nobody that is known here", found=sender[:80], expected="a member of the network"
            )

        def body(session: Session) -> int:
            match message.type.removeprefix(f"{PIURI}/"):
                case "succession":
                    self._take_succession(session, member.entity_id, message, now)
                    return 0
                case "records":
                    return self._take_records(session, member.entity_id, message)
                case other:
                    raise BadInput("nothing that is entrusted", found=other[:60], expected="succession or records")

        return member.entity_id, await self.storage.run("custody.taken", body)

    async def all(self) -> list[tuple[rows.Succession, int]]:
        """Every custody that is known here, and how many credentials of it were entrusted to us."""

        def body(session: Session) -> list[tuple[rows.Succession, int]]:
            found = rows.successions(session)
            return [(row, rows.records(session, row.institution)) for row in found]

        return await self.storage.read(body)

    async def published(self, institution: str) -> JsonObject:
        """What makes us its custodian, as served at `/federation/custody`; raises NotFound."""

        def body(session: Session) -> JsonObject | None:
            row = rows.succession(session, institution)
            if row is None or row.taken_at is None or row.date is None:
                return None
            return custody_json(row.token, row.date, row.confirmations)

        found = await self.storage.read(body)
        if found is None:
            raise NotFound(
                "no records of this institution here", found=institution[:120], expected="one in our custody"
            )
        return found

    async def confirmed(self, token: str, institution: str) -> None:
        """Keeps a member's confirmation that an institution has closed.

        Raises:
            NotFound: an institution that is not in our custody.
            StatementRefused: of another succession, or not by a member.
        """

        def body(session: Session) -> None:
            row = rows.succession(session, institution)
            if row is None or row.taken_at is None:
                raise NotFound("no records of this institution here", found=institution[:120])
            word = parse_confirmation(token, parse_succession(row.token))
            witness = Synced(session, self.directory).witness(word.by)
            if witness is None:
                raise StatementRefused("not by a member", rule="unconfirmed", found=word.by)
            word.verify_with(witness.keys)
            others = [each for each in row.confirmations if _by(each, row.token) != word.by]
            row.confirmations = [*others, token][-MAX_CONFIRMATIONS:]
            rows.keep(session, row)

        await self.storage.run("custody.confirmed", body)

    async def status_list(self, url: str) -> Published:
        """The list that stood at `url`, signed by us as it is now; raises NotFound."""
        row = await self.storage.read(lambda session: rows.status_list(session, url))
        if row is None:
            raise NotFound("no such list in our custody", found=url[:120], expected="the address of an entrusted list")
        now, kept = self.clock.now().replace(microsecond=0), self._kept.get(url)
        if kept is None or kept.changed_at != row.changed_at or now >= kept.signed_at + RENEWED_EVERY:
            kept = self._kept[url] = _Signed(changed_at=row.changed_at, signed_at=now, published=self._sign(row, now))
        return kept.published

    async def revoke(self, institution: str, credential_id: str) -> None:
        """Revokes a credential of an institution in our custody; again changes nothing.

        Raises:
            NotFound: no such credential, or one that has no place in a list of revocations.
            Conflict: the institution lives, and revokes its credentials itself.
        """

        def body(session: Session) -> None:
            now = self.clock.now()
            member = self.directory.member(session, did_of(institution))
            if member is None or member.membership.state not in ("closed", "merged"):
                raise Conflict("this institution has not closed", found=institution, expected="a closed one")
            record = rows.record(session, credential_id)
            lists = [] if record is None else [(rows.status_list(session, url), index) for url, index in record.places]
            found = next(((row, index) for row, index in lists if row is not None and row.purpose == REVOCATION), None)
            if found is None or found[0].institution != institution:
                raise NotFound("no such credential in our custody", found=credential_id[:60])
            row, index = found
            bits = zlib.decompress(row.bits)
            if not get_bit(bits, index):
                rows.change_list(session, row, zlib.compress(set_bit(bits, index, True)), now=now)

        await self.storage.run("custody.revoked", body)

    def _take_succession(self, session: Session, institution: str, message: Message, now: datetime) -> None:
        succession = parse_succession(str(message.body.get("succession")))
        date = object_of(message.body.get("date"), rule="custody")
        if succession.about != institution or succession.custodian != self.configuration.entity_id:
            raise StatementRefused(
                "a succession of another, or to another",
                rule="custodian_of_another",
                found=f"{succession.about} to {succession.custodian}"[:160],
                expected=f"{institution} to {self.configuration.entity_id}",
            )
        if IssuanceProof.parse(date).digest != succession.digest:
            raise StatementRefused("the date of another succession", rule="succession_undated")
        row = rows.succession(session, institution)
        if row is None or row.token != succession.token:
            row = row or rows.Succession(
                institution=institution, custodian=succession.custodian, token=succession.token, named_at=succession.at
            )
            row.token, row.named_at, row.confirmations = succession.token, succession.at, []
        row.date, row.taken_at = dict(date), now
        rows.keep(session, row)
        for entry in list_of(message.body.get("lists"), rule="custody", at_most=MAX_LISTS, at_least=0):
            self._take_list(session, institution, object_of(entry, rule="custody"), now)

    def _take_list(self, session: Session, institution: str, entry: JsonObject, now: datetime) -> None:
        url, bits = str(entry.get("url")), _inflated(b64url_decode(str(entry.get("bits"))))
        if not url.startswith(f"{institution}/"):
            raise StatementRefused("a list of another host", rule="custody", found=url[:120], expected=institution)
        rows.keep_list(
            session,
            url,
            institution=institution,
            purpose=str(entry.get("purpose")),
            size=len(bits) * 8,
            bits=zlib.compress(bits),
            now=now,
        )

    def _take_records(self, session: Session, institution: str, message: Message) -> int:
        if rows.succession(session, institution) is None:
            raise NotFound("records before their succession", found=institution, expected="the first envelope first")
        records = list_of(message.body.get("records"), rule="custody", at_most=MAX_RECORDS, at_least=0)
        for value in records:
            entry = object_of(value, rule="custody")
            known = rows.record(session, str(entry.get("id")))
            if known is not None and known.institution != institution:
                raise StatementRefused("a credential of another institution", rule="custody")
            rows.keep_record(
                session,
                str(entry.get("id")),
                institution=institution,
                sealed=self.sealer.seal(canonical_json(entry.get("document")), context="custody"),
                places=list(list_of(entry.get("places", []), rule="custody", at_most=16, at_least=0)),
            )
        return len(records)

    def _sign(self, row: rows.CustodyList, now: datetime) -> Published:
        unsigned = status_list_credential(
            url=mirror_url(self.configuration.entity_id, row.url),
            issuer=self.identity.did,
            purpose=row.purpose,
            bits=zlib.decompress(row.bits),
            valid_from=now,
            valid_until=now + VALID_FOR,
            ttl_ms=TTL_MS,
        )
        signer = self.identity.signer(Purpose.ASSERTION)
        document = add_proof(unsigned, suite=SUITE, signer=signer, purpose="assertionMethod", created=now)
        body = canonical_json(document)
        return Published(body=body, etag=digest(body))


def mirror_url(custodian: str, url: str) -> str:
    """Where a custodian publishes the list that stood at `url`."""
    return f"{custodian}/custody/status?url={quote(url, safe='')}"


def _inflated(data: bytes) -> bytes:
    """A compressed list, never more of it than a list may have."""
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise StatementRefused("a list that cannot be read", rule="custody") from error
    if len(bits) > MAX_BYTES or not inflater.eof:
        raise TooLarge("a list too large", expected=f"at most {MAX_BYTES} bytes")
    return bits


def _by(confirmation: str, succession: str) -> str:
    return parse_confirmation(confirmation, parse_succession(succession)).by
