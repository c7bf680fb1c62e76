"""Everything that a sync fetches, and what becomes of each when it is forged: nothing counts for its TLS alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import pytest_asyncio

from node.errors import NodeError
from node.storage.repos import federation as rows
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json, parse_object
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PrivateKey
from protocols.trust.statement import MAX_STATEMENT_BYTES, STATEMENT_TYP
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    NETWORK,
    Internet,
    Node,
    small_network,
)

MALLORY = PrivateKey.from_secret("Ed25519", b"mallory".ljust(32, b"."))
FETCH = f"{NETWORK}/federation/fetch?sub={quote(COLLEGE, safe='')}"
LIST = f"{NETWORK}/federation/list"
PUBLISHED = "/.well-known/openid-federation"
KEPT = ("statement_jws", "configuration_jws", "membership", "issuer_metadata")


def with_other_name(token: str) -> JsonObject:
    claims = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims
    entity = {**claims["metadata"].get("federation_entity", {}), "organization_name": "Mallory"}
    return {**claims, "metadata": {**claims["metadata"], "federation_entity": entity}}


def unsigned(token: str) -> str:
    header = b64url_encode(canonical_json({"alg": "none", "typ": STATEMENT_TYP, "kid": "x"}))
    return f"{header}.{b64url_encode(canonical_json(with_other_name(token)))}."


def changed_after_signing(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{b64url_encode(canonical_json(with_other_name(token)))}.{signature}"


def signed_by_another(token: str) -> str:
    kid = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).header["kid"]
    return sign_compact(with_other_name(token), MALLORY.named(kid), typ=STATEMENT_TYP)


def signed_by_its_own_key(token: str) -> str:
    """With the key in its `jwks`: as good as any, for whoever looks no further."""
    jwk = {**MALLORY.public.to_jwk(), "kid": MALLORY.kid}
    return sign_compact({**with_other_name(token), "jwks": {"keys": [jwk]}}, MALLORY, typ=STATEMENT_TYP)


FORGERIES = (unsigned, changed_after_signing, signed_by_another, signed_by_its_own_key)


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


async def kept(node: Node) -> dict[str, Any]:
    """What is known of the college and of the network's keys."""

    def body(session: Any) -> dict[str, Any]:
        row, network = rows.peer(session, COLLEGE_DID), rows.network(session)
        assert row is not None
        assert network is not None
        return {name: getattr(row, name) for name in KEPT} | {"jwks": network.jwks}

    return await node.storage.read(body)


async def synced(internet: Internet) -> None:
    """One round at the employer; that it fails as a whole is one of the ways to refuse."""
    try:
        await internet.sync(EMPLOYER)
    except (NodeError, ProtocolError):
        return


async def test_what_a_sync_fetches_is_this_and_nothing_else(internet: Internet) -> None:
    internet.gets.clear()
    await internet.sync(EMPLOYER)
    assert {urlsplit(url)._replace(query="").geturl() for url in internet.gets} == {
        f"{NETWORK}{PUBLISHED}",
        LIST,
        f"{NETWORK}/federation/fetch",
        f"{NETWORK}/.well-known/did.json",
        f"{NETWORK}/issuer",
        f"{COLLEGE}{PUBLISHED}",
        f"{COLLEGE}/.well-known/did.json",
        f"{COLLEGE}/issuer",
    }


@pytest.mark.parametrize("url", [f"{NETWORK}{PUBLISHED}", FETCH, f"{COLLEGE}{PUBLISHED}"])
@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
async def test_a_forged_statement_changes_nothing(
    internet: Internet, employer: Node, url: str, forgery: Callable[[str], str]
) -> None:
    before = await kept(employer)
    internet.altered[url] = forgery
    await synced(internet)
    assert any(got.startswith(url) for got in internet.gets)
    assert await kept(employer) == before


async def test_a_list_adds_nobody_and_takes_nobody_away(internet: Internet, employer: Node) -> None:
    """It is the one answer without a signature: each name in it counts for nothing but its signed statement."""
    before, members = await kept(employer), await employer.storage.read(employer.directory.members)
    for listed in ([], ["https://mallory.example"], [COLLEGE, "https://mallory.example"]):
        internet.altered[LIST] = lambda _, listed=listed: canonical_json(listed)
        await synced(internet)
        now = await employer.storage.read(employer.directory.members)
        assert [member.entity_id for member in now] == [member.entity_id for member in members]
        assert await kept(employer) == before


@pytest.mark.parametrize("is_stated", [True, False])
async def test_a_did_document_counts_only_where_the_members_federation_key_states_it(
    internet: Internet, employer: Node, *, is_stated: bool
) -> None:
    """A did:web has its host's certificate and nothing else: whoever has the host for an hour could change the keys."""
    signer = internet.nodes[COLLEGE].configuration.signer()

    def without_digest(token: str) -> str:
        claims = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims
        node = {"did": claims["metadata"]["ler_node"]["did"]}
        return sign_compact({**claims, "metadata": {**claims["metadata"], "ler_node": node}}, signer, typ=STATEMENT_TYP)

    def with_another_service(text: str) -> bytes:
        document = parse_object(text)
        service = {"id": f"{COLLEGE_DID}#x", "type": "DIDCommMessaging", "serviceEndpoint": "https://mallory.example"}
        return canonical_json({**document, "service": [service]})

    internet.altered[f"{COLLEGE}/.well-known/did.json"] = with_another_service
    if not is_stated:
        internet.altered[f"{COLLEGE}{PUBLISHED}"] = without_digest
    await synced(internet)
    member = await employer.storage.read(lambda session: employer.directory.member(session, COLLEGE_DID))
    assert member is not None
    assert (member.document is not None) is is_stated, "what was seen before stays; or nothing does"
    assert "mallory" not in str(member.document)


async def test_issuer_metadata_of_another_is_not_taken(internet: Internet, employer: Node) -> None:
    before = await kept(employer)
    internet.altered[f"{COLLEGE}/issuer"] = lambda _: canonical_json({"id": "did:web:mallory.example", "name": "M"})
    await synced(internet)
    assert await kept(employer) == before
