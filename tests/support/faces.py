"""Every face of a network asked about somebody, the same way at the anchor as at a member with a synced copy."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from node.errors import BadInput, NotFound
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.trust.entity import did_of
from protocols.trust.times import format_instant
from protocols.trust.trqp import Kind, TrustQuery
from tests.support.trqp import REQUEST, RESPONSES
from tests.support.trust_network import NETWORK, Node


async def queried(asker: Node, kind: Kind, entity: str, action: str, resource: str, at: datetime | None) -> JsonObject:
    """The answer of TRQP as it is sent; question and answer fit the schemas. `at` None asks for now."""
    query: dict[str, Any] = {"entity_id": entity, "authority_id": NETWORK, "action": action, "resource": resource}
    if at is not None:
        query["context"] = {"time": format_instant(at)}
    REQUEST.validate(query)
    answer = await asker.queries.answer(kind, TrustQuery.parse(query))
    RESPONSES[kind].validate(answer)
    return answer


async def resolvable(asker: Node, entities: Iterable[str]) -> set[str]:
    """Whom of `entities` the resolve endpoint vouches for; its chain says no more than its answer."""
    found: set[str] = set()
    for entity in entities:
        with suppress(NotFound):
            token = await asker.federation.resolve(did_of(entity), [NETWORK])
            assert parse_compact(token).claims["sub"] == entity
            found.add(entity)
    return found


async def stated(anchor: Node, entities: Iterable[str]) -> set[str]:
    """Whom of `entities` the anchor states, by entity id and by DID alike, with their keys and nothing critical."""
    found: set[str] = set()
    for entity in entities:
        with suppress(NotFound, BadInput):
            statement = await anchor.statements.about(entity)
            assert await anchor.statements.about(did_of(entity)) == statement
            claims = parse_compact(statement.token).claims
            assert (claims["sub"], bool(claims["jwks"]["keys"]), "crit" in claims) == (entity, True, False)
            found.add(entity)
    return found


async def registered(asker: Node) -> set[str]:
    """Whom the registry of issuers names."""
    document = await asker.documents.registry()
    assert all(did == did_of(entry["url"]) for did, entry in document["registry"].items())
    return {entry["url"] for entry in document["registry"].values()}
