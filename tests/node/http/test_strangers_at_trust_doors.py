"""What anybody can send to the public doors of a network: every door says what is wrong, and none of them breaks."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from tests.node.http import test_federation as network
from tests.node.http.test_federation import Node, World
from tests.node.http.test_trust_marks import FORM, asked_for, granted, posted, prepared_network

prepared, world = network.prepared, network.world

GETS = {
    "/.well-known/openid-federation": (),
    "/federation/fetch": ("sub", "ler_membership"),
    "/federation/list": ("entity_type", "trust_marked", "trust_mark_type", "intermediate", "ler_membership"),
    "/federation/resolve": ("sub", "trust_anchor", "entity_type", "ler_membership"),
    "/federation/trust_mark": ("trust_mark_type", "sub"),
    "/federation/trust_marked_list": ("trust_mark_type", "sub"),
    "/federation/registry.json": (),
    "/federation/governance.json": (),
    "/federation/historical_keys": (),
    "/federation/directory": (),
}
VALUES = (
    "",
    "x",
    "true",
    "https://college.example",
    "did:web:college.example",
    "did:web:",
    "did:web:a%253A",
    "did:key:z6Mk",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%0d%0aSet-Cookie:%20a=b",
    "%E2%80%AE",
    "https://[",
    "https://[::1",
    "https://a:99999",
    "https://a:-1",
    "https://%C3%A9.example",
    "https://xn--",
    "https://a.example/%23f",
    "a" * 512,
    "a" * 513,
    "9" * 400,
)
POSTS = (
    "/federation/trust_mark_status",
    "/federation/join",
    "/federation/leave",
    "/trqp/authorization",
    "/trqp/recognition",
)
MEDIA_TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "application/ler-join-application+jwt",
    "application/ler-leave-notice+jwt",
    "application/json; charset=utf-16",
    "a/b/c",
)
BODIES = (
    b"",
    b"x",
    b"a.b.c",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b'{"a":' * 50,
    b"eyJhbGciOiJub25lIn0.e30.",
    b"trust_mark=%ff",
    b"trust_mark=%ed%a0%80.%00.x",
    b"trust_mark=" + b"." * 20_000,
    b"trust_mark=" + b"%41" * 8_000,
    b"trust_mark=a" * 17,
)
ASKED: tuple[Any, ...] = (
    *("", "x", "\ud800", "\x00", "https://[", "did:web:%ff", "did:web:" + "a" * 600, 1, None, True, [], {}),
    *({"time": time} for time in ("x", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z")),
    {str(number): "x" for number in range(30)},
)
IS_ANSWERED = {200, 400, 404, 413, 415}


def queries(path: str, names: tuple[str, ...], node: Node) -> Iterator[str]:
    """Each parameter with each value, the others as they should be; each of them twice; and one that nobody knows."""
    own = quote(node.entity_id, safe="")
    good = {"sub": own, "trust_anchor": own, "trust_mark_type": own}
    for name in names:
        others = "&".join(f"{each}={good[each]}" for each in names if each != name and each in good)
        yield from (f"{path}?{others}&{name}={value}" for value in VALUES)
        yield f"{path}?{others}&" + f"{name}=x&" * 20
    yield f"{path}?unknown=%ff"


async def test_no_address_breaks_a_public_door(world: World) -> None:
    nodes = await prepared_network(world)
    for node in nodes:
        for path, names in GETS.items():
            for query in queries(path, names, node):
                url = URL(f"http://127.0.0.1:{node.client.port}{query}", encoded=True)
                async with node.client.session.get(url) as response:
                    body = await response.text()
                assert response.status in {200, 400, 404}, query
                if response.status != 200:
                    assert set(parse_object(body)) == {"error", "error_description"}, query


async def test_no_body_breaks_a_public_door(world: World) -> None:
    anchor, *_ = await prepared_network(world)
    for path in POSTS:
        for media_type in MEDIA_TYPES:
            for body in BODIES:
                async with anchor.client.post(path, data=body, headers={"Content-Type": media_type}) as response:
                    assert response.status in IS_ANSWERED - {200}, (path, media_type, body[:40])


@pytest.mark.parametrize("kind", ["authorization", "recognition"])
async def test_no_query_breaks_the_trust_registry(world: World, kind: str) -> None:
    anchor, college, _ = await prepared_network(world)
    query = {
        "entity_id": college.entity_id,
        "authority_id": anchor.entity_id,
        "action": "issue",
        "resource": "OpenBadgeCredential",
    }
    headers = {"Content-Type": "application/json"}
    for name in (*query, "context", "unknown"):
        for value in ASKED:
            body = json.dumps({**query, name: value}).encode()
            async with anchor.client.post(f"/trqp/{kind}", data=body, headers=headers) as response:
                assert response.status in IS_ANSWERED, body


async def test_a_mark_with_any_part_of_it_changed_is_invalid_unknown_or_refused(world: World) -> None:
    _, college, accreditor = await prepared_network(world)
    await granted(college, accreditor)
    token = (await accreditor.get(f"/federation/trust_mark?{asked_for(college)}"))[2]
    for at in range(0, len(token), 13):
        other = next(each for each in "Aa.-_%" if each != token[at])
        status, content_type, body = await posted(
            accreditor, f"trust_mark={token[:at]}{quote(other, safe='')}{token[at + 1 :]}".encode(), FORM
        )
        if status == 200:
            assert content_type == "application/trust-mark-status-response+jwt"
            assert parse_compact(body).claims["status"] == "invalid", at
        else:
            assert status in {400, 404}, at
