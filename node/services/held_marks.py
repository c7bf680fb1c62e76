"""The marks that others granted to this node: looked for, verified, published in its configuration, and renewed.

What the anchor lists by type and issuer is looked for by itself; of types that anybody may issue, an operator names who
does. A mark is fetched again several times in its life, so that it is renewed long before it expires, and gone soon
after it was revoked.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.6
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from node.clock import Clock, jitter
from node.errors import NodeError, NotFound, Rejected
from node.log import Log
from node.services.entity_configuration import OwnConfiguration
from node.services.mark_rules import judge, network_rules
from node.services.peer_marks import endpoint
from node.services.web import Web, at_once, token_in
from node.storage.repos import federation
from node.storage.repos import held_marks as rows
from node.storage.repos.held_marks import HeldMark
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.trust.entity import check_entity_id
from protocols.trust.marks import MARK_TYP, MAX_MARK_BYTES, check_mark_type, parse_mark
from protocols.trust.refusal import StatementRefused

MEDIA_TYPE = f"application/{MARK_TYP}"
AT_ONCE = 8
MAX_LOOKED_FOR = 256
AGAIN_AFTER = timedelta(hours=6)
"""When a mark that was found is fetched again; several times before it could expire."""
LOOKED_FOR_EVERY = timedelta(minutes=10)
"""When a mark that is not there, or whose issuer did not answer, is looked for again."""


@dataclass(frozen=True, slots=True)
class HeldMarks:
    storage: UnitOfWork
    configuration: OwnConfiguration
    web: Web
    clock: Clock
    log: Log

    async def run(self) -> None:
        """The job `marks.renew`: fetches what is due."""

        def due(session: Session) -> list[tuple[str, str]]:
            known = {(row.issuer, row.trust_mark_type): row for row in rows.held(session)}
            wanted = dict.fromkeys((*self._listed(session), *known))
            now = self.clock.now()
            return [pair for pair in wanted if pair not in known or known[pair].next_at <= now][:MAX_LOOKED_FOR]

        await at_once(AT_ONCE, await self.storage.read(due), self._fetch)

    async def want(self, issuer: str, trust_mark_type: str) -> HeldMark:
        """Looks for a mark now, and from now on.

        Raises:
            StatementRefused: not an entity id or a type.
        """
        pair = check_entity_id(issuer), check_mark_type(trust_mark_type)

        def body(session: Session) -> None:
            row = rows.held_one(session, *pair) or _new(pair, self.clock.now())
            row.is_wanted, row.next_at = True, self.clock.now()
            rows.keep(session, row)

        await self.storage.run("marks.want", body)
        await self._fetch(pair)
        return await self.storage.read(lambda session: _known(session, pair))

    async def drop(self, issuer: str, trust_mark_type: str) -> None:
        """Publishes a mark no longer, and looks for it no longer unless the anchor lists it. Raises NotFound."""

        def body(session: Session) -> None:
            rows.forget(session, _known(session, (issuer, trust_mark_type)))

        await self.storage.run("marks.drop", body)

    async def list(self) -> Sequence[HeldMark]:
        """Every mark that is looked for, found or not."""
        return await self.storage.read(rows.held)

    def _listed(self, session: Session) -> Sequence[tuple[str, str]]:
        """(issuer, type) of every mark that the anchor says somebody issues, but for our own."""
        rules, own = network_rules(session), self.configuration.entity_id
        network = federation.network(session)
        if network is None or network.role == federation.ANCHOR:
            return []
        return [(issuer, name) for name, issuers in rules.issuers.items() for issuer in issuers if issuer != own]

    async def _fetch(self, pair: tuple[str, str]) -> None:
        issuer, trust_mark_type = pair
        query = urlencode({"trust_mark_type": trust_mark_type, "sub": self.configuration.entity_id})
        token, problem, is_gone = None, None, False
        try:
            url = await self.storage.read(lambda session: endpoint(session, issuer, ""))
            if url is None:
                raise NotFound("its issuer issues no marks, or is not known yet", found=issuer)
            fetched = await self.web.get(f"{url}?{query}", max_bytes=MAX_MARK_BYTES, accept=MEDIA_TYPE)
            token = token_in(fetched)
        except (NodeError, ProtocolError) as error:
            is_gone = isinstance(error, Rejected) and error.found == "HTTP 404"
            problem = None if is_gone else error.detail
        await self.storage.run("marks.fetched", lambda session: self._keep(session, pair, token, problem, is_gone))
        if problem is not None:
            self.log.info("trust mark not fetched", issuer=issuer, detail=problem)

    def _keep(
        self, session: Session, pair: tuple[str, str], token: str | None, problem: str | None, is_gone: bool
    ) -> None:
        """A mark of ours stays while its issuer is silent, and goes when it says no or gives what does not hold."""
        now, row = self.clock.now(), rows.held_one(session, *pair) or _new(pair, self.clock.now())
        if token is not None:
            problem = self._refusal(session, pair, token)
            row.token, row.fetched_at = (token if problem is None else None), now
        elif is_gone:
            row.token, row.fetched_at = None, now
        wait = AGAIN_AFTER if row.token is not None and problem is None else LOOKED_FOR_EVERY
        row.problem, row.next_at = problem, now + wait * (1 + 0.2 * jitter())
        rows.keep(session, row)

    def _refusal(self, session: Session, pair: tuple[str, str], token: str) -> str | None:
        """Why a mark that came cannot be published; None where it can."""
        try:
            mark = parse_mark(token)
        except StatementRefused as refusal:
            return refusal.detail
        if (mark.iss, mark.trust_mark_type) != pair:
            return "another mark than was asked for"
        return judge(session, token, self.configuration.entity_id, self.clock.now()).refused


def _new(pair: tuple[str, str], now: datetime) -> HeldMark:
    issuer, trust_mark_type = pair
    return HeldMark(issuer=issuer, trust_mark_type=trust_mark_type, next_at=now)


def _known(session: Session, pair: tuple[str, str]) -> HeldMark:
    row = rows.held_one(session, *pair)
    if row is None:
        raise NotFound("no such mark is looked for", found=pair[1][:160], expected="an issuer and a type")
    return row
