"""did:peer 2 and 4, against the examples of their specifications."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from protocols.dids.document import Endpoint
from protocols.dids.methods import resolve_offline
from protocols.dids.multiformats import encode_multikey, multibase_decode, multibase_encode, sha256_multihash
from protocols.dids.peer import (
    create_peer2,
    create_peer4,
    is_long_form,
    is_short_form,
    resolve_peer2,
    resolve_peer4,
    short_form,
    short_kid,
)
from protocols.errors import DidError
from protocols.jose.encoding import b64url_encode
from protocols.jose.keys import PrivateKey
from tests.support.parties import peer4_input

SIGNING, AGREEING = (PrivateKey.generate(crv, os.urandom) for crv in ("Ed25519", "X25519"))


def load(shared_dir: Path, name: str) -> Any:
    return json.loads((shared_dir / "vectors/didcomm/did-peer" / name).read_bytes())


def test_the_did_peer_2_of_the_specification(shared_dir):
    spec = load(shared_dir, "spec-core.json")
    did = next(each for each in spec["dids"] if each.startswith("did:peer:2.Vz"))
    signing, agreeing = spec["json_blocks"][0]

    document = resolve_peer2(did)

    assert {kid.removeprefix(did): encode_multikey(m.key) for kid, m in document.methods.items()} == {
        "#key-1": signing["publicKeyMultibase"],
        "#key-2": agreeing["publicKeyMultibase"],
        "#" + signing["publicKeyMultibase"][1:]: signing["publicKeyMultibase"],
        "#" + agreeing["publicKeyMultibase"][1:]: agreeing["publicKeyMultibase"],
    }
    assert document.relationships["authentication"] == (f"{did}#key-1",)
    assert document.relationships["keyAgreement"] == (f"{did}#key-2",)
    assert [(each.id, each.type, each.endpoints) for each in document.services] == [
        (
            f"{did}#service{suffix}",
            "DIDCommMessaging",
            (
                Endpoint(
                    uri=uri, accept=("didcomm/v2",), routing_keys=(f"did:example:123456789abcdefghi#key-{number}",)
                ),
            ),
        )
        for suffix, uri, number in (("", "http://example.com/didcomm", 1), ("-1", "http://example.com/another", 2))
    ]


def test_the_did_peer_2_of_the_specification_is_made_from_its_parts(shared_dir):
    spec = load(shared_dir, "spec-core.json")
    did = next(each for each in spec["dids"] if each.startswith("did:peer:2.Vz"))
    document = resolve_peer2(did)
    service = next(block for block in spec["json_blocks"] if isinstance(block, dict) and "serviceEndpoint" in block)
    second = json.loads(json.dumps(service).replace('/didcomm"', '/another"').replace("#key-1", "#key-2"))

    keys = [
        ("authentication", document.methods[f"{did}#key-1"].key),
        ("keyAgreement", document.methods[f"{did}#key-2"].key),
    ]

    assert create_peer2(keys, [service, second]) == did


def test_the_older_flat_service_of_a_did_peer_2_is_read(shared_dir):
    did = next(each for each in load(shared_dir, "spec-core.json")["dids"] if each.startswith("did:peer:2.Ez"))

    document = resolve_peer2(did)

    assert document.didcomm_endpoint == Endpoint(
        uri="https://example.com/endpoint",
        accept=("didcomm/v2", "didcomm/aip2;env=rfc587"),
        routing_keys=("did:example:somemediator#somekey",),
    )
    assert [m.id.removeprefix(did) for m in document.keys_for("authentication")] == ["#key-2", "#key-3"]


def test_a_key_is_found_under_both_its_names_and_listed_under_one():
    did = create_peer2([("keyAgreement", AGREEING.public)])
    older = f"{did}#{encode_multikey(AGREEING.public)[1:]}"

    document = resolve_peer2(did)

    assert document.method(older, "keyAgreement") == document.method(f"{did}#key-1", "keyAgreement")
    assert document.method(older, "authentication") is None
    assert [method.id for method in document.keys_for("keyAgreement")] == [f"{did}#key-1"]


def test_a_list_of_services_in_one_element_is_read():
    services = [{"t": "dm", "s": "https://a.example"}, {"t": "dm", "s": "https://b.example"}]
    did = create_peer2([("authentication", SIGNING.public)]) + ".S" + b64url_encode(json.dumps(services).encode())

    assert [each.endpoints[0].uri for each in resolve_peer2(did).services] == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    "tail", ["", ".", ".Xz6Mk", ".Vabc", ".V", ".Snot-json", ".S" + b64url_encode(b"1"), ".Vz6LS" * 40]
)
def test_a_did_peer_2_that_cannot_be_read_is_refused(tail):
    with pytest.raises(DidError):
        resolve_peer2("did:peer:2" + tail)


def written(raw: Mapping[str, Any]) -> dict[str, Any]:
    """As the readme writes documents: without empty lists."""
    return {name: value for name, value in raw.items() if value != []}


def test_the_did_peer_4_examples_resolve_in_both_forms(shared_dir):
    readme, core = load(shared_dir, "did-peer-4-readme.json"), load(shared_dir, "spec-core.json")
    blocks = [block for block in readme["json_blocks"] if "id" in block]
    by_id = {block["id"]: block for block in blocks}
    longs = [did for did in readme["dids"] if is_long_form(did) and did in by_id]

    for long in longs:
        assert written(resolve_peer4(long).raw) == by_id[long]
        assert written(resolve_peer4(long, as_short=True).raw) == by_id[short_form(long)]

    assert len(longs) >= 5
    spec_long = next(did for did in core["dids"] if is_long_form(did))
    assert short_form(spec_long) in core["dids"]
    assert [m.id.partition("#")[2] for m in resolve_peer4(spec_long).keys_for("keyAgreement")] == ["6LSqPZfn"]


def test_the_example_documents_give_the_dids_of_the_readme(shared_dir):
    dids = load(shared_dir, "did-peer-4-readme.json")["dids"]

    made = [create_peer4(load(shared_dir, f"did-peer-4-examples/{number}.json")) for number in range(6)]

    assert [(long in dids, short in dids) for long, short in made] == [(True, True)] * 6


def test_a_did_peer_4_in_its_two_forms():
    long, short = create_peer4(peer4_input(SIGNING, AGREEING))

    as_long, as_short = resolve_peer4(long), resolve_peer4(long, as_short=True)

    assert (as_long.id, as_long.also_known_as, as_short.id, as_short.also_known_as) == (long, (short,), short, (long,))
    assert [m.id for m in as_long.keys_for("keyAgreement")] == [f"{long}#agree"]
    assert [(m.id, m.controller) for m in as_short.keys_for("keyAgreement")] == [(f"{short}#agree", short)]
    assert as_short.services[0].id == f"{short}#didcomm"
    assert resolve_offline(long) == as_long
    assert (is_long_form(long), is_short_form(long)) == (True, False)
    assert (is_long_form(short), is_short_form(short)) == (False, True)
    assert short_kid(f"{long}#agree") == short_kid(f"{short}#agree") == f"{short}#agree"
    assert short_form("did:web:a.example") == "did:web:a.example"


def long_form_of(data: bytes) -> str:
    encoded = multibase_encode(data)
    return f"did:peer:4{sha256_multihash(encoded.encode())}:{encoded}"


@pytest.mark.parametrize(
    "did",
    [
        long_form_of(b"\x80\x04[]"),
        long_form_of(b"\x80\x04not json"),
        long_form_of(b"\x81\x04{}"),
        long_form_of(b"{}"),
        long_form_of(b'\x80\x04{"id":"did:web:a.example"}'),
        long_form_of(b'\x80\x04{"alsoKnownAs":"x"}'),
        long_form_of(b'\x80\x04{"a":1,"a":2}'),
        "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd",
        "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd:z2M1k7",
    ],
)
def test_a_did_peer_4_that_cannot_be_read_is_refused(did):
    with pytest.raises(DidError):
        resolve_peer4(did)


def test_another_document_under_the_same_hash_is_refused():
    long, _ = create_peer4(peer4_input(SIGNING, AGREEING))
    short, _, encoded = long.rpartition(":")
    changed = multibase_encode(multibase_decode(encoded).replace(b"relay.example", b"mallory.exmpl"))

    with pytest.raises(DidError, match="hash"):
        resolve_peer4(f"{short}:{changed}")


@pytest.mark.parametrize("document", [{"id": "did:web:a.example"}, {"note": "x" * 9000}])
def test_a_did_peer_4_that_would_not_resolve_is_not_made(document):
    with pytest.raises(DidError):
        create_peer4(document)
