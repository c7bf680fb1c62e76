"""Bad input at every door, one table: what was found and what would have been right, and afterwards all is as before.

Doors that speak HTTP answer with a problem document (RFC 9457), the federation door in the form of its own
specification; the command with one line and an exit code. What a stranger may not learn has no `found`.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from node.clock import entropy
from protocols.didcomm.envelope import pack_authcrypt
from tests.support.crash import ENVIRONMENT, ROOT
from tests.support.network import Network
from tests.support.nodes import Node
from tests.support.served import make_node
from tests.support.strangers import ENCRYPTED, Stranger, document_of, knock

PROBLEM = "application/problem+json"
JOIN = "application/ler-join-application+jwt"
JSON = "application/json"
PING = "https://didcomm.org/trust-ping/2.0/ping"
TOO_LARGE = 1024 * 1024 + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something wrong, and how it is answered."""

    body: bytes | Callable[[Node], Awaitable[bytes]]
    media_type: str
    status: int
    found: str | None
    expected: str | None


async def from_a_did_of_no_method(node: Node) -> bytes:
    """An envelope that is sealed as it should be, by somebody whose DID method nobody knows."""
    return await sealed_as("did:nosuch:abc", node)


async def from_a_did_that_does_not_fit(node: Node) -> bytes:
    return await sealed_as("did:web:127.0.0.1", node)


async def in_the_name_of_another(node: Node) -> bytes:
    """One's own key, and `from` a member of the network."""
    stranger = Stranger()
    message = replace(stranger.message(node.did, PING), sender=node.did)
    sender = stranger.agreeing.named(f"{stranger.long}#key-2")
    recipients = (await document_of(node)).keys_for("keyAgreement", "X25519")
    return pack_authcrypt(message, sender=sender, recipients=recipients, entropy=entropy)


async def cut_short(node: Node) -> bytes:
    envelope = json.loads(Stranger().sealed(Stranger().message(node.did, PING), await document_of(node)))
    return json.dumps({**envelope, "ciphertext": envelope["ciphertext"][:-8]}).encode()


async def sealed_as(did: str, node: Node) -> bytes:
    stranger = Stranger()
    message = replace(stranger.message(node.did, PING), sender=did)
    return stranger.sealed(message, await document_of(node), did=did)


ENVELOPES = {
    "malformed JSON": Bad(
        body=b"{", media_type=ENCRYPTED, status=400, found="Expecting property name", expected="one JSON value"
    ),
    "not an object": Bad(body=b"[]", media_type=ENCRYPTED, status=400, found="list", expected="a JSON object"),
    "not an envelope": Bad(
        body=b'{"ciphertext":"a"}', media_type=ENCRYPTED, status=400, found=None, expected="protected, a string"
    ),
    "too deep": Bad(
        body=b'{"a":' + b"[" * 99 + b"]" * 99 + b"}", media_type=ENCRYPTED, status=413, found=None, expected="32"
    ),
    "oversized": Bad(body=b"x" * TOO_LARGE, media_type=ENCRYPTED, status=413, found="bytes", expected="1048576"),
    "a wrong media type": Bad(body=b"{}", media_type=JSON, status=415, found=JSON, expected=ENCRYPTED),
    "an unknown DID method": Bad(
        body=from_a_did_of_no_method, media_type=ENCRYPTED, status=400, found="nosuch", expected="did:web, did:key"
    ),
    "a DID that is none": Bad(
        body=from_a_did_that_does_not_fit, media_type=ENCRYPTED, status=400, found="127.0.0.1", expected="a DNS name"
    ),
    "another's name": Bad(body=in_the_name_of_another, media_type=ENCRYPTED, status=400, found=None, expected=None),
    "a ciphertext cut short": Bad(body=cut_short, media_type=ENCRYPTED, status=400, found=None, expected=None),
}
APPLICATIONS = {
    "not a JWS": Bad(body=b"{", media_type=JOIN, status=400, found="1 parts", expected="header.payload.signature"),
    "not base64url": Bad(body=b"a.b.c", media_type=JOIN, status=400, found=None, expected="base64url"),
    "empty": Bad(body=b"", media_type=JOIN, status=400, found="1 parts", expected="header.payload.signature"),
    "oversized": Bad(body=b"x" * TOO_LARGE, media_type=JOIN, status=413, found=None, expected="at most 32768 bytes"),
    "a wrong media type": Bad(body=b"{}", media_type=JSON, status=415, found=JSON, expected=JOIN),
}
CALLS = {
    "malformed JSON": Bad(body=b"{", media_type=JSON, status=400, found="Expecting property", expected="JSON"),
    "not an object": Bad(body=b"[]", media_type=JSON, status=400, found="list", expected="a JSON object"),
    "oversized": Bad(
        body=b'{"a":"' + b"x" * TOO_LARGE + b'"}', media_type=JSON, status=413, found="a larger body", expected="limit"
    ),
    "a wrong media type": Bad(body=b"{}", media_type="text/plain", status=415, found="text/plain", expected=JSON),
    "an unknown member": Bad(body=b'{"no_such_member":1}', media_type=JSON, status=422, found="", expected=""),
}
DOORS = ("/learners", "/credentials", "/requests", "/network/join", "/network/invitations")


async def body_of(bad: Bad, node: Node) -> bytes:
    return bad.body if isinstance(bad.body, bytes) else await bad.body(node)


def check(bad: Bad, problem: dict[str, Any]) -> None:
    assert problem["status"] == bad.status
    assert problem["type"].startswith("https://w3id.org/ler-exchange/problems/")
    assert problem["title"]
    assert problem["detail"]
    for name, words in (("found", bad.found), ("expected", bad.expected)):
        assert (words or "") in problem.get(name, ""), problem
        assert words is None or name in problem, problem


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", ENVELOPES)
async def test_at_the_door_for_messages(network: Network, kind: str) -> None:
    node, bad = network.institution, ENVELOPES[kind]
    before = await network.contents(node)
    status, media_type, raw = await knock(node, await body_of(bad, node), bad.media_type)
    assert (status, media_type) == (bad.status, PROBLEM), raw
    check(bad, json.loads(raw))
    assert await network.contents(node) == before
    assert await Stranger().pings(node)


@pytest.mark.asyncio(loop_scope="session")
async def test_every_envelope_that_does_not_open_is_answered_alike(network: Network) -> None:
    node = network.institution
    answers = [await knock(node, await make(node)) for make in (in_the_name_of_another, cut_short)]
    assert answers[0] == answers[1]


@pytest.mark.asyncio(loop_scope="session")
async def test_on_an_open_line(network: Network) -> None:
    """A frame that is not understood is dropped, and the line stays; one that is too large ends that line alone."""
    node = network.institution
    document = await document_of(node)
    stranger = Stranger()
    assert await stranger.pings(node)
    before = await network.contents(node)
    url = f"{node.url}/didcomm/ws".replace("http", "ws", 1)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as line:
            for kind, bad in ENVELOPES.items():
                if kind not in ("oversized", "a wrong media type"):
                    await line.send_bytes(await body_of(bad, node))
            await line.send_str("{")
            await line.send_bytes(stranger.sealed(stranger.message(node.did, PING), document))
            async with asyncio.timeout(10):
                frame = await line.receive()
            assert stranger.opened(frame.data, document).type.endswith("/ping-response")
            await line.send_bytes(b"x" * TOO_LARGE)
            async with asyncio.timeout(10):
                ended = await line.receive()
            assert (ended.type, ended.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.MESSAGE_TOO_BIG)
        async with session.ws_connect(url) as line:
            await line.send_bytes(stranger.sealed(stranger.message(node.did, PING), document))
            async with asyncio.timeout(10):
                assert (await line.receive()).type is aiohttp.WSMsgType.BINARY
    after = await network.contents(node)
    del before["InboxEntry"], after["InboxEntry"]  # the pings themselves
    assert after == before


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_at_the_door_for_applications(network: Network, kind: str) -> None:
    bad = APPLICATIONS[kind]
    before = await network.contents(network.anchor)
    assert isinstance(bad.body, bytes)
    status, media_type, raw = await knock(network.anchor, bad.body, bad.media_type, "/federation/join")
    assert (status, media_type) == (bad.status, JSON), raw
    answer = json.loads(raw)
    assert answer["error"] == "invalid_request"
    assert (f"found {bad.found}" if bad.found else "") in answer["error_description"]
    assert "expected " in answer["error_description"]
    assert (bad.expected or "") in answer["error_description"]
    assert await network.contents(network.anchor) == before
    assert {member["state"] for member in await network.anchor.items("/network/members")} == {"member"}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("kind", CALLS)
async def test_at_the_operators_door(network: Network, path: str, kind: str) -> None:
    node, bad = network.institution, CALLS[kind]
    before = await network.contents(node)
    headers = {"Content-Type": bad.media_type}
    assert node.session is not None
    async with node.session.post(f"{node.url}/api/v1{path}", data=bad.body, headers=headers) as response:
        assert (response.status, response.content_type) == (bad.status, PROBLEM)
        check(bad, await response.json(content_type=None))
    assert await network.contents(node) == before
    assert len(await node.items("/network")) == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_after_all_of_it_an_exchange_works(network: Network) -> None:
    for bad in ENVELOPES.values():
        for node in network.nodes:
            await knock(node, await body_of(bad, node), bad.media_type)
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    await asked.report("verified")


COMMANDS = {
    "no such setting in the file": (
        "colour = 'blue'\n",
        {},
        "found colour, expected",
    ),
    "not TOML": ("= = =\n", {}, "node.toml cannot be read: found"),
    "a port that is none": ("", {"LER_LISTEN": "127.0.0.1:99999"}, "expected host:port"),
    "no such setting in the environment": ("", {"LER_LISTENN": "127.0.0.1:1"}, "found LER_LISTENN, expected"),
    "a DID of another method": ("", {"LER_DID": "did:key:z6Mk"}, "found did:key:z6Mk"),
    "a stand-in that is not of this machine": (
        "",
        {"LER_FETCH__ORIGINS": '{"https://a.example": "http://10.0.0.1:80"}'},
        "expected a loopback address",
    ),
    "a database of no known kind": ("", {"LER_DATABASE__URL": "mysql://a/b"}, "expected sqlite:///FILE"),
    "a master key that does not open the keys": ("", {"LER_KEYS__MASTER": "A" * 43}, "expected the master key"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("cli") / "node"
    make_node(data, f"did:web:localhost%3A{unused_port()}")
    return data


def serve(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "node", "serve", "--data", str(data)],
        cwd=ROOT,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_wrong_configuration_is_one_line_and_exit_78(made: Path, kind: str) -> None:
    line, environment, says = COMMANDS[kind]
    toml = made / "node.toml"
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file() and "sqlite3-" not in path.name}
    toml.write_bytes(line.encode() + before[toml])
    try:
        done = serve(made, **environment)
    finally:
        toml.write_bytes(before[toml])
    assert done.returncode == 78, done.stderr
    assert done.stderr.startswith("ler-node: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr, done.stderr
    after = {path: path.read_bytes() for path in before}
    assert after == before, "nothing was lost or changed"


@pytest.mark.parametrize("arguments", [("serve",), ("no-such-verb",), ("serve", "--data"), ("serve", "--colour", "x")])
def test_a_wrong_command_is_exit_64(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "node", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 64
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_the_node_still_reads_its_configuration(made: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "node", "db", "check", "--data", str(made)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "the tables are of this version\n")
