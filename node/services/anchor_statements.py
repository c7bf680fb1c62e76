"""What the anchor of our network says, verified: its own configuration, and its statement about everybody.

Anyone on the way can delay this, and nobody can forge it: the anchor's keys are those that the invitation brought, or
that one of those signed since.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-10
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from node.clock import Clock
from node.errors import NodeError, OverBudget, Rejected
from node.log import Log
from node.services.entity_configuration import OwnConfiguration
from node.services.statements import Statements
from node.services.web import STATEMENT, Web, at_once, get_configuration, token_in
from node.storage.repos import federation as rows
from protocols.errors import ProtocolError
from protocols.jose.encoding import parse_json
from protocols.trust.chain import validate_chain
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import list_of
from protocols.trust.statement import MAX_STATEMENT_BYTES, EntityStatement, parse_statement

MAX_MEMBERS = 10_000
MAX_LIST_BYTES = 1024 * 1024
AT_ONCE = 8
PAUSE_S = 0.25
LONGEST_PAUSES_S = 300.0
"""A network of thousands is asked about within what one host may be called: slower, and completely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Verified statements by entity id, and for the others why there is none."""

    anchor: EntityStatement
    statements: dict[str, EntityStatement] = field(default_factory=dict[str, EntityStatement])
    failed: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class AnchorStatements:
    configuration: OwnConfiguration
    statements: Statements
    web: Web
    clock: Clock
    log: Log

    async def told(self, network: rows.NetworkConfig, known: Sequence[str]) -> Told:
        """Everything the anchor says about those it lists and those in `known`.

        Raises:
            NodeError: the anchor's configuration or its list cannot be had.
            StatementRefused: they are not the anchor's. A statement that is not fails alone.
        """
        if network.role == rows.ANCHOR:
            return await self._own()
        anchor = await self.trusted(network)
        listed = await self._listed(anchor)
        told, until_s = Told(anchor=anchor), self.clock.monotonic() + LONGEST_PAUSES_S

        async def fetch(entity_id: str) -> None:
            try:
                told.statements[entity_id] = await self._statement_in_turn(anchor, entity_id, until_s)
            except (NodeError, ProtocolError) as error:
                told.failed[entity_id] = error.detail
                self.log.warning("statement not synced", entity_id=entity_id, detail=error.detail)

        wanted = dict.fromkeys(each for each in (*listed, *known) if each != network.anchor)
        await at_once(AT_ONCE, wanted, fetch)
        return told

    async def trusted(self, network: rows.NetworkConfig) -> EntityStatement:
        """The anchor's configuration, signed by a key known out of band, never by one that only came with it."""
        token = token_in(await get_configuration(self.web, network.anchor))
        anchors = {network.anchor: parse_jwks(network.jwks)}
        return validate_chain([token], anchors=anchors, now=self.clock.now()).statements[0]

    async def _own(self) -> Told:
        """What this node itself says as the anchor; nothing is fetched for it."""
        now = self.clock.now()
        told = Told(anchor=parse_statement(await self.configuration.current(), now))
        for statement in await self.statements.all():
            told.statements[statement.entity_id] = parse_statement(statement.token, now)
        return told

    async def _listed(self, anchor: EntityStatement) -> list[str]:
        """Everybody who is or was a member. An entry that is no entity id is passed over."""
        url = f"{_endpoint(anchor, 'federation_list_endpoint')}?ler_membership=all"
        fetched = await self.web.get(url, max_bytes=MAX_LIST_BYTES, accept="application/json")
        entries = list_of(
            parse_json(fetched.body, max_bytes=MAX_LIST_BYTES), rule="list", at_most=MAX_MEMBERS, at_least=0
        )
        found: list[str] = []
        for entry in entries:
            try:
                found.append(check_entity_id(entry))
            except StatementRefused as refusal:
                self.log.warning("listed entity passed over", found=refusal.found)
        return found

    async def _statement_in_turn(self, anchor: EntityStatement, entity_id: str, until_s: float) -> EntityStatement:
        """As `_statement`; over the budget of calls to the anchor it pauses, until `until_s` of the clock."""
        while True:
            try:
                return await self._statement(anchor, entity_id)
            except OverBudget:
                if self.clock.monotonic() >= until_s:
                    raise
                await asyncio.sleep(PAUSE_S)

    async def _statement(self, anchor: EntityStatement, entity_id: str) -> EntityStatement:
        sub = quote(entity_id, safe="")
        url = f"{_endpoint(anchor, 'federation_fetch_endpoint')}?sub={sub}&ler_membership=all"
        token = token_in(await self.web.get(url, max_bytes=MAX_STATEMENT_BYTES, accept=STATEMENT))
        statement = parse_statement(token, self.clock.now())
        if (statement.iss, statement.sub) != (anchor.sub, entity_id):
            raise StatementRefused(
                "a statement about another, or by another",
                rule="iss_sub_mismatch",
                found=f"{statement.iss} about {statement.sub}"[:160],
                expected=f"{anchor.sub} about {entity_id}"[:160],
            )
        statement.verify_with(anchor.jwks)
        if statement.membership is None:
            raise StatementRefused("a statement without membership", rule="membership", expected="ler_membership")
        return statement


def _endpoint(anchor: EntityStatement, name: str) -> str:
    endpoint = anchor.metadata.get("federation_entity", {}).get(name)
    if not isinstance(endpoint, str) or not endpoint.startswith("https://"):
        raise Rejected("the anchor publishes no such endpoint", found=name, expected="an https URL")
    return endpoint
