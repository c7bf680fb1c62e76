"""Members of a network of our own nodes, served over https on this machine, are found by others' clients, nobody else.

A job is `anchor` (entity id), `key` and `other` (the anchor's public JWK, and one that is not its), `registry` (a URL)
and `entities`: {entity_id, did} by name. The answers are `loaded`, and for each entity `registry` (its entry or null),
`chains` and `chains under another key` (`{"value": …}` or `{"error": …}`).
"""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from node.settings import load_settings
from protocols.jose.encoding import JsonObject
from tests.interop.counterparts import Counterpart
from tests.support.certificates import make_certificate
from tests.support.federation import STRANGER_KEY
from tests.support.nodes import Node, free_places, port_of

ISSUES = {"issuer": {"types": ["OpenBadgeCredential"]}, "relay": True}
ASKS = {"verifier": {"purposes": ["hiring"], "claims": ["OpenBadgeCredential"], "max_retention_days": 30}}
JOINS = {"college": ISSUES, "employer": ASKS, "suspended": ISSUES, "applicant": ISSUES}
ADMITTED = ("college", "employer", "suspended")
FOUND = {"college": (True, True), "employer": (False, True)}
"""Who is found in the registry, and by a chain; nobody else is in either."""
THERE = "ours opens there"

Outcome = tuple[str, str, str]
"""Direction, name of the check, and what went wrong: empty when nothing did."""


def exchange(counterpart: Counterpart) -> Iterator[Outcome]:
    """One outcome for the registry as a whole, and three for each entity."""
    with tempfile.TemporaryDirectory() as folder:
        job, answers = asyncio.run(asked(counterpart, Path(folder)))
    yield THERE, "the registry is read", "" if answers["loaded"] is True else "it was not loaded"
    for name, answer in answers["entities"].items():
        in_registry, by_chain = FOUND.get(name, (False, False))
        entity_id = job["entities"][name]["entity_id"]
        entry = {"name": f"The {name}", "url": entity_id} if in_registry else None
        yield THERE, f"{name}, in the registry", differs(answer["registry"], entry)
        yield (
            THERE,
            f"{name}, by its chain",
            fault_of(answer["chains"], chain(job, name, entity_id) if by_chain else None),
        )
        yield THERE, f"{name}, under another key of the anchor's", fault_of(answer["chains under another key"], None)


async def asked(counterpart: Counterpart, folder: Path) -> tuple[JsonObject, JsonObject]:
    """The job, and what the counterpart answers while the network is up."""
    certificate, key = make_certificate(folder / "tls")
    trusting = replace(counterpart, command=("env", f"NODE_EXTRA_CA_CERTS={certificate}", *counterpart.command))
    async with network(folder, certificate, key) as nodes:
        anchor = nodes["anchor"]
        [public] = anchor.services.configuration.keys().values()
        job: JsonObject = {
            "anchor": anchor.origin,
            "key": public.to_jwk(),
            "other": STRANGER_KEY.public.to_jwk(),
            "registry": f"{anchor.origin}/federation/registry.json",
            "entities": {
                name: {"entity_id": node.origin, "did": node.did} for name, node in nodes.items() if node is not anchor
            },
        }
        return job, await asyncio.to_thread(trusting.run, job)


@asynccontextmanager
async def network(folder: Path, certificate: Path, key: Path) -> AsyncIterator[dict[str, Node]]:
    """An anchor and everybody in `JOINS`, and a stranger who is in no network."""
    names = ("anchor", *JOINS, "stranger")
    inner, outer = free_places(len(names)), free_places(len(names))
    origins = {
        f"https://localhost:{port_of(public)}": f"http://127.0.0.1:{port_of(place)}"
        for place, public in zip(inner, outer, strict=True)
    }
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    async with AsyncExitStack() as stack:
        for place in (*inner, *outer):
            stack.callback(place.close)
        nodes: dict[str, Node] = {}
        for name, place, public in zip(names, inner, outer, strict=True):
            nodes[name] = await stack.enter_async_context(serving(folder / name, name, place, public, origins, tls))
        await join_all(nodes)
        yield nodes


@asynccontextmanager
async def serving(
    folder: Path,
    name: str,
    place: socket.socket,
    public: socket.socket,
    origins: dict[str, str],
    tls: ssl.SSLContext,
) -> AsyncIterator[Node]:
    """A node that its peers reach at `place`, and everybody else by https at `public`, which its DID names."""
    port = port_of(public)
    node = prepared(folder, name, place, did=f"did:web:localhost%3A{port}", fetch={"origins": origins})
    await node.init()
    await node.start()
    try:
        assert node.runner is not None
        await web.TCPSite(node.runner, "127.0.0.1", port, ssl_context=tls, reuse_address=True).start()
        yield node
    finally:
        await node.stop()


def prepared(folder: Path, name: str, place: socket.socket, **settings: Any) -> Node:
    folder.mkdir()
    listen = f"127.0.0.1:{port_of(place)}"
    made = load_settings(folder, name=f"The {name}", listen=listen, sync={"federation_every_s": 3600}, **settings)
    return Node(name=name, data=folder, place=place, settings=made)


async def join_all(nodes: dict[str, Node]) -> None:
    anchor = nodes["anchor"]
    await anchor.post("/network", {"name": "Example Network"})
    for name, roles in JOINS.items():
        invited = await anchor.post("/network/invitations")
        await nodes[name].post("/network/join", {"invitation": invited["link"], "roles": roles})
        if name in ADMITTED:
            await anchor.post("/network/members/approve", {"member": nodes[name].did})
    await anchor.post("/network/members/suspend", {"member": nodes["suspended"].did})


def chain(job: JsonObject, name: str, entity_id: str) -> list[JsonObject]:
    """The one chain that a member has there."""
    anchor = job["anchor"]
    return [
        {
            "valid": True,
            "statements": [[anchor, entity_id], [anchor, anchor]],
            "anchor": [anchor, [job["key"]["x"]]],
            "name": f"The {name}",
        }
    ]


def fault_of(answer: JsonObject, expected: list[JsonObject] | None) -> str:
    """What is wrong; None expects that nobody is found, whether that is an empty list or an error there."""
    if expected is None:
        return "" if not answer.get("value") else f"found all the same: {str(answer['value'])[:200]}"
    return differs(answer.get("value", answer.get("error")), expected)


def differs(found: object, expected: object) -> str:
    return "" if found == expected else f"{str(found)[:300]} instead of {str(expected)[:300]}"
