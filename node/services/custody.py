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
from node.services.directory import Directory, Member
from node.services.entity_configuration import OwnConfiguration
from node.services.escrow import PIURI
from node.services.identity import Identity
from node.services.status_lists import RENEWED_EVERY, REVOCATION, SUITE, TTL_MS, VALID_FOR, Published
from node.storage.repos import custody as rows
from node.storage.repos import federation
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.proofs import add_proof
from protocols.didcomm.envelope import peek, unpack
from protocols.didcomm.message import Message
from protocols.errors import TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, canonical_json, digest
from protocols.status.bitstring import MAX_BYTES, get_bit, set_bit
from protocols.status.publish import status_list_credential
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.head import parse_size
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import list_of, object_of, texts_of
from protocols.trust.succession import (
    ENDED,
    MAX_CONFIRMATIONS,
    check_succession,
    custody_json,
    is_confirmation,
    parse_confirmation,
    parse_succession,
)

MAX_LISTS = 1000
MAX_RECORDS = 1000
MAX_PLACES = 16
MAX_URL_CHARACTERS = 2048
MAX_PURPOSE_CHARACTERS = 64


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
        """Keeps what one envelope brings. (institution, credentials in it).

        While the institution lives the newest takes the place of what was there. Once it has closed, only what is
        missing is added: whoever has its keys by then, or one of its old files, takes no revocation back.

        Raises:
            ProtocolError: it does not open here, is not by the institution it is about, or names another custodian;
                of one that has closed, nobody saw the naming before the end.
            NotFound: not by a member, or credentials before their succession.
        """
        now, sender = self.clock.now(), (peek(envelope).skid or "").partition("#")[0]
        member = await self.storage.read(lambda session: self.directory.member(session, sender))
        if member is None or member.document is None:
            raise NotFound(
                "records of nobody that is known here", found=sender[:80], expected="a member of the network"
            )
        documents = {sender: member.document}
        message = unpack(envelope, secrets=self.identity.agreements(), documents=documents, now=now).message

        def body(session: Session) -> int:
            match message.type.removeprefix(f"{PIURI}/"):
                case "succession":
                    self._take_succession(session, member, message, now)
                    return 0
                case "records":
                    return self._take_records(session, member, message)
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

        Only what counts is kept, so that nobody else's takes its place.

        Raises:
            NotFound: an institution that is not in our custody.
            StatementRefused: of another succession, or one that counts for nothing (`unconfirmed`).
        """

        def body(session: Session) -> None:
            row = rows.succession(session, institution)
            if row is None or row.taken_at is None:
                raise NotFound("no records of this institution here", found=institution[:120])
            word = parse_confirmation(token, parse_succession(row.token))
            network = federation.network(session)
            if network is None or not is_confirmation(word, Synced(session, self.directory), anchor=network.anchor):
                raise StatementRefused(
                    "a confirmation that counts for nothing",
                    rule="unconfirmed",
                    found=word.by,
                    expected="by a member with no part in it, after the end",
                )
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
            if member is None or member.membership.state not in ENDED:
                raise Conflict("this institution has not closed", found=institution, expected="a closed one")
            record = rows.record(session, institution, credential_id)
            lists = [] if record is None else [(rows.status_list(session, url), index) for url, index in record.places]
            found = next(((row, index) for row, index in lists if row is not None and row.purpose == REVOCATION), None)
            if found is None or found[0].institution != institution or found[1] >= found[0].size:
                raise NotFound("no such credential in our custody", found=credential_id[:60])
            row, index = found
            bits = zlib.decompress(row.bits)
            if not get_bit(bits, index):
                rows.change_list(session, row, zlib.compress(set_bit(bits, index, True)), now=now)

        await self.storage.run("custody.revoked", body)

    def _take_succession(self, session: Session, member: Member, message: Message, now: datetime) -> None:
        institution, succession = member.entity_id, parse_succession(str(message.body.get("succession")))
        date = object_of(message.body.get("date"), rule="custody")
        if succession.about != institution or succession.custodian != self.configuration.entity_id:
            raise StatementRefused(
                "a succession of another, or to another",
                rule="custodian_of_another",
                found=f"{succession.about} to {succession.custodian}"[:160],
                expected=f"{institution} to {self.configuration.entity_id}",
            )
        proof, network = IssuanceProof.parse(date), federation.network(session)
        if proof.digest != succession.digest:
            raise StatementRefused("the date of another succession", rule="succession_undated")
        if member.membership.state in ENDED and network is not None:
            check_succession(succession, proof, Synced(session, self.directory), anchor=network.anchor)
        row = rows.succession(session, institution)
        if row is None or row.token != succession.token:
            row = row or rows.Succession(
                institution=institution, custodian=succession.custodian, token=succession.token, named_at=succession.at
            )
            row.custodian, row.confirmations = succession.custodian, []
            row.token, row.named_at = succession.token, succession.at
        row.date, row.taken_at = dict(date), now
        rows.keep(session, row)
        for entry in list_of(message.body.get("lists"), rule="custody", at_most=MAX_LISTS, at_least=0):
            self._take_list(session, member, object_of(entry, rule="custody"), now)

    def _take_list(self, session: Session, member: Member, entry: JsonObject, now: datetime) -> None:
        url, purpose = str(entry.get("url")), entry.get("purpose")
        if not url.startswith(f"{member.entity_id}/") or len(url) > MAX_URL_CHARACTERS:
            raise StatementRefused("a list of another host", rule="custody", found=url[:120], expected=member.entity_id)
        if not isinstance(purpose, str) or not 0 < len(purpose) <= MAX_PURPOSE_CHARACTERS:
            raise StatementRefused("a list without its purpose", rule="custody", found=shown(purpose))
        known = rows.status_list(session, url)
        if known is not None and known.institution != member.entity_id:
            raise StatementRefused("a list of another institution", rule="custody", found=url[:120])
        if known is not None and member.membership.state in ENDED:
            return
        bits = _inflated(b64url_decode(str(entry.get("bits"))))
        rows.keep_list(
            session,
            url,
            institution=member.entity_id,
            purpose=purpose,
            size=len(bits) * 8,
            bits=zlib.compress(bits),
            now=now,
        )

    def _take_records(self, session: Session, member: Member, message: Message) -> int:
        institution = member.entity_id
        if rows.succession(session, institution) is None:
            raise NotFound("records before their succession", found=institution, expected="the first envelope first")
        records = list_of(message.body.get("records"), rule="custody", at_most=MAX_RECORDS, at_least=0)
        for value in records:
            entry = object_of(value, rule="custody")
            [id] = texts_of([entry.get("id")], rule="custody", at_most=1)
            document, places = object_of(entry.get("document"), rule="custody"), _places(entry.get("places"))
            if member.membership.state in ENDED and rows.record(session, institution, id) is not None:
                continue
            sealed = self.sealer.seal(canonical_json(document), context="custody")
            rows.keep_record(session, id, institution=institution, sealed=sealed, places=places)
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


def _places(value: object) -> list[list[object]]:
    """[[address of a list, index], …] of one credential."""
    found: list[list[object]] = []
    for place in list_of(value, rule="custody", at_most=MAX_PLACES, at_least=0):
        url, index = list_of(place, rule="custody", at_most=2, at_least=2)
        if not isinstance(url, str):
            raise StatementRefused("no place in a list", rule="custody", found=shown(place), expected="address, index")
        found.append([url, parse_size(index, rule="custody")])
    return found


def _by(confirmation: str, succession: str) -> str:
    return parse_confirmation(confirmation, parse_succession(succession)).by
