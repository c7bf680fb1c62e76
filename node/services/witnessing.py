"""Others' issuance logs: their heads as we cosign them, and the chain of heads that dates are held against.

As a witness we sign a head when it is a member's own and only adds to the last one that we signed. As whoever verifies
we follow each issuer's chain at its own host, and compare it with the anchor's copy; where the host is gone, the
anchor's copy goes on. Two signed heads of one size are kept as evidence, and no date in that log counts from then on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from node.clock import Clock, new_id
from node.errors import NodeError
from node.log import Log
from node.services.directory import Directory, Member
from node.services.entity_configuration import OwnConfiguration
from node.services.federation_sync import AT_ONCE, LIVING
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.performers import Unit
from node.services.web import Web, at_once
from node.storage.repos import federation
from node.storage.repos import issuance_log as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError, Unauthorized
from protocols.flows.log_witness.messages import PIURI, Cosign, JudgeHead
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json, parse_object
from protocols.jose.keys import PublicKey
from protocols.trust.issuance_log.head import LogHead, cosign, parse_head, parse_path, path_json
from protocols.trust.issuance_log.merkle import EMPTY_ROOT, is_consistent
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import list_of, object_of

PAGE = 256
MAX_PAGE_BYTES = 2 * 1024 * 1024
MAX_ROOM_BYTES = 64 * 1024
"""What is left of a page for all that is not a head."""
SHOWN_WITHIN = timedelta(hours=2)
"""How old a head may be that is to be cosigned: the hour between two, and as much for the way."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Heads of one log as fetched, each with the path from the one before it, unverified."""

    heads: Sequence[tuple[LogHead, tuple[bytes, ...]]]


@dataclass(frozen=True, slots=True)
class Witnessing:
    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    directory: Directory
    flows: FlowRunner
    web: Web
    clock: Clock
    log: Log

    def judge(self, unit: Unit, shown: JudgeHead) -> None:
        """Cosigns a head, or asks to be shown it from the last one that we signed.

        Raises:
            Unauthorized: not by an issuer in good standing.
            StatementRefused: a head that is not its sender's own, is old, or does not begin with the last one.
        """
        head, member = parse_head(shown.head), self.directory.member(unit.session, shown.issuer)
        standing = self.directory.standing(unit.session, shown.issuer, "issuer", unit.now)
        if member is None or standing.outcome != "yes" or head.log != member.entity_id:
            raise Unauthorized("only an issuer in good standing has a log that is witnessed", found=standing.cause)
        head.verify_with(_present_keys(member))
        if abs(unit.now - head.at) > SHOWN_WITHIN:
            raise StatementRefused("a head of another time", rule="head_stale", found=head.at.isoformat())
        last = rows.last_cosigned(unit.session, head.log, self.configuration.entity_id)
        signed, root = (last.size, b64url_decode(last.root)) if last else (0, EMPTY_ROOT)
        if shown.earlier != signed:
            answer = Cosign(ours=self.identity.did, theirs=shown.issuer, signed=signed)
        elif not is_consistent(signed, root, head.size, head.root, shown.path):
            self.log.error("issuance log rewritten", entity_id=head.log, size=head.size)
            raise StatementRefused("a head that does not begin with the last one", rule="log_rewritten")
        else:
            token = self._cosign(unit.session, head, unit.now)
            answer = Cosign(ours=self.identity.did, theirs=shown.issuer, cosignature=token)
        self.flows.command(unit, PIURI, new_id(), answer)

    async def sync(self) -> None:
        """The job `issuance_log.sync`: what was added to every issuer's chain of heads."""

        def body(session: Session) -> tuple[str, list[Member]] | None:
            network, known = federation.network(session), set(rows.logs(session))
            if network is None:
                return None
            members = [
                each
                for each in self.directory.members(session)
                if each.did != self.identity.did and (each.membership.issuer is not None or each.entity_id in known)
            ]
            return network.anchor, members

        found = await self.storage.read(body)
        if found is not None:
            anchor, members = found
            await at_once(AT_ONCE, members, lambda member: self._follow(member, anchor))

    async def heads(self, log: str, after: int) -> JsonObject:
        """What is served at `/log/heads`: up to 256 heads of `log` of more than `after` entries, with who saw them."""

        def body(session: Session) -> list[JsonObject]:
            found: list[JsonObject] = []
            size = 0
            for row in rows.heads(session, log, after=after, limit=PAGE):
                signed = [each.token for each in rows.cosignatures(session, log, row.size)]
                entry: JsonObject = {"head": row.token, "path": row.path, "cosignatures": signed}
                size += len(canonical_json(entry))
                if found and size > MAX_PAGE_BYTES - MAX_ROOM_BYTES:
                    break
                found.append(entry)
            return found

        return {"log": log, "heads": await self.storage.read(body)}

    def _cosign(self, session: Session, head: LogHead, now: datetime) -> str:
        at, witness = now.replace(microsecond=0), self.configuration.entity_id
        seen = rows.cosignatures(session, head.log, head.size)
        known = next((each for each in seen if each.witness == witness), None)
        if known is not None:
            return known.token  # the time when we saw it first is the one that counts
        token = cosign(head, witness=witness, signer=self.configuration.signer(), at=at)
        rows.add_cosignature(
            session,
            log=head.log,
            size=head.size,
            witness=witness,
            root=b64url_encode(head.root),
            token=token,
            signed_at=at,
        )
        return token

    async def _follow(self, member: Member, anchor: str) -> None:
        """From its own host while it lives; the anchor's copy is what that is compared with, or goes on from it."""
        sources = [member.entity_id] if member.membership.state in LIVING else []
        if anchor not in (member.entity_id, self.configuration.entity_id):
            sources.append(anchor)
        before = await self.storage.read(lambda session: rows.last_head(session, member.entity_id))
        size = before.size if before else 0
        for source in sources:
            try:  # the last one that we have is asked for again: the anchor may not have had it yet when we compared
                page = await self._page(source, member.entity_id, max(size - 1, 0))
            except (NodeError, ProtocolError, TimeoutError) as error:
                self.log.info("heads not synced", entity_id=member.entity_id, source=source, kind=type(error).__name__)
            else:
                await self.storage.run(
                    "issuance_log.heads", lambda session, page=page: self._keep(session, member, page)
                )

    async def _page(self, source: str, log: str, after: int) -> _Page:
        url = f"{source}/log/heads?log={quote(log, safe='')}&after={after}"
        fetched = await self.web.get(url, max_bytes=MAX_PAGE_BYTES, accept="application/json")
        document = parse_object(fetched.body, max_bytes=MAX_PAGE_BYTES)
        entries = map(_entry, list_of(document.get("heads"), rule="heads", at_most=PAGE, at_least=0))
        return _Page(heads=[each for each in entries if each[0].log == log])

    def _keep(self, session: Session, member: Member, page: _Page) -> None:
        """The heads that follow the last one we have: each begins with the one before, and the last is signed.

        What a head that is signed rests on needs no signature of its own: it is part of the same tree. One that cannot
        be made out ends the page; what contradicts the chain is a fork only where the member itself signed it.
        """
        log, now = member.entity_id, self.clock.now()
        new: list[tuple[LogHead, tuple[bytes, ...]]] = []
        last = rows.last_head(session, log)
        size, root = (last.size, b64url_decode(last.root)) if last else (0, EMPTY_ROOT)
        for head, path in page.heads:
            known = rows.head(session, log, head.size)
            if known is not None and b64url_decode(known.root) != head.root:
                self._forked(session, member, head, known, now)
                return
            if known is not None or head.size <= size:
                continue
            if not is_consistent(size, root, head.size, head.root, path):
                self.log.warning("heads that do not follow one another", entity_id=log, size=head.size)
                break
            new.append((head, path))
            size, root = head.size, head.root
        while new and not _is_signed(new[-1][0], member):
            new.pop()
        for head, path in new:
            rows.add_head(
                session,
                log=log,
                size=head.size,
                root=b64url_encode(head.root),
                token=head.token,
                path=path_json(path),
                signed_at=head.at,
            )

    def _forked(self, session: Session, member: Member, head: LogHead, known: rows.LogHead, now: datetime) -> None:
        if _is_signed(head, member) and rows.forked(
            session, member.entity_id, head.size, [known.token, head.token], now=now
        ):
            self.log.error("issuance log forked", entity_id=member.entity_id, size=head.size)


def _entry(value: object) -> tuple[LogHead, tuple[bytes, ...]]:
    entry = object_of(value, rule="heads")
    return parse_head(str(entry.get("head"))), parse_path(entry.get("path"), rule="heads")


def _present_keys(member: Member) -> dict[str, PublicKey]:
    return {kid: key for kid, (key, until) in member.federation_keys.items() if until is None}


def _is_signed(head: LogHead, member: Member) -> bool:
    """By a key that the member has, or had when it says that it signed."""
    keys = {kid: key for kid, (key, until) in member.federation_keys.items() if until is None or head.at <= until}
    try:
        head.verify_with(keys)
    except StatementRefused:
        return False
    return True
