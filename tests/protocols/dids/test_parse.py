"""DID documents of every spelling, and those that are refused."""

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from protocols.dids.document import Endpoint, VerificationMethod
from protocols.dids.multiformats import base58_encode, encode_multikey
from protocols.dids.parse import parse_document
from protocols.errors import DidError
from protocols.jose.keys import PrivateKey, PublicKey

DID = "did:web:college.example"
ED, X, P256, K1 = (PrivateKey.generate(crv, os.urandom).public for crv in ("Ed25519", "X25519", "P-256", "secp256k1"))


def multikey(id: str = "#k", key: PublicKey = ED, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "Multikey", "controller": DID, "publicKeyMultibase": encode_multikey(key), **more}


def parse(**members: Any):
    return parse_document({"id": DID, **members}, DID)


@pytest.mark.parametrize(
    ("type_", "material", "key"),
    [
        ("Multikey", {"publicKeyMultibase": encode_multikey(ED)}, ED),
        ("Multikey", {"publicKeyMultibase": encode_multikey(P256)}, P256),
        ("Ed25519VerificationKey2020", {"publicKeyMultibase": encode_multikey(ED)}, ED),
        ("Ed25519VerificationKey2018", {"publicKeyBase58": base58_encode(ED.raw)}, ED),
        ("Ed25519VerificationKey2018", {"publicKeyJwk": ED.to_jwk()}, ED),
        ("X25519KeyAgreementKey2019", {"publicKeyBase58": base58_encode(X.raw)}, X),
        ("X25519KeyAgreementKey2020", {"publicKeyMultibase": encode_multikey(X)}, X),
        ("JsonWebKey2020", {"publicKeyJwk": P256.to_jwk()}, P256),
        ("JsonWebKey", {"publicKeyJwk": {**K1.to_jwk(), "kid": "x", "use": "sig"}}, K1),
        ("EcdsaSecp256k1VerificationKey2019", {"publicKeyJwk": K1.to_jwk()}, K1),
        ("EcdsaSecp256k1VerificationKey2019", {"publicKeyBase58": base58_encode(K1.raw)}, K1),
        ("EcdsaSecp256r1VerificationKey2019", {"publicKeyMultibase": encode_multikey(P256)}, P256),
    ],
)
def test_each_key_type_is_read(type_, material, key):
    document = parse(verificationMethod=[{"id": "#k", "type": type_, "controller": DID, **material}])

    assert document.methods == {f"{DID}#k": VerificationMethod(id=f"{DID}#k", controller=DID, type=type_, key=key)}


@pytest.mark.parametrize(
    "method",
    [
        {"id": "#k", "type": "Bls12381G2Key2020", "publicKeyBase58": "abc"},
        {"id": "#k", "type": "Multikey", "publicKeyMultibase": "zUC7" + "1" * 20},
        {
            "id": "#k",
            "type": "JsonWebKey2020",
            "publicKeyJwk": {"kty": "EC", "crv": "BLS12381G1", "x": "AA", "y": "AA"},
        },
        multikey("did:web:other.example#k"),
    ],
)
def test_keys_of_unknown_types_and_of_other_dids_are_left_out(method):
    document = parse(verificationMethod=[method, multikey("#good")], authentication=["#k", "#good", method["id"]])

    assert list(document.methods) == [f"{DID}#good"]
    assert document.relationships["authentication"] == (f"{DID}#good",)


def test_relative_and_embedded_methods_are_made_absolute_and_listed_once():
    document = parse(
        verificationMethod=[multikey("#a")],
        authentication=["#a", f"{DID}#a", multikey("#b"), multikey("#a")],
        keyAgreement=[multikey("#c", X)],
        assertionMethod="#a",
    )

    assert list(document.methods) == [f"{DID}#a", f"{DID}#b", f"{DID}#c"]
    assert document.relationships == {
        "authentication": (f"{DID}#a", f"{DID}#b"),
        "assertionMethod": (f"{DID}#a",),
        "keyAgreement": (f"{DID}#c",),
        "capabilityInvocation": (),
        "capabilityDelegation": (),
    }
    assert document.method(f"{DID}#b", "authentication") is not None
    assert document.method(f"{DID}#b", "assertionMethod") is None


def test_the_dates_of_a_rotated_key_are_read():
    document = parse(verificationMethod=[multikey(expires="2026-01-01T00:00:00Z", revoked="2026-02-01T01:00:00+01:00")])

    method = document.methods[f"{DID}#k"]
    assert method.expires == datetime(2026, 1, 1, tzinfo=UTC)
    assert method.revoked == datetime(2026, 2, 1, tzinfo=UTC)


def service(**members: Any) -> dict[str, Any]:
    return {"id": "#s", "type": "DIDCommMessaging", **members}


URI = "https://college.example/didcomm"
KEYS = ["did:web:relay.example#k", "#own"]


@pytest.mark.parametrize(
    ("value", "endpoints"),
    [
        (service(serviceEndpoint=URI), (Endpoint(uri=URI),)),
        (
            service(serviceEndpoint=URI, accept=["didcomm/v2"], routingKeys=KEYS),
            (Endpoint(uri=URI, accept=("didcomm/v2",), routing_keys=(KEYS[0], f"{DID}#own")),),
        ),
        (
            service(serviceEndpoint={"uri": URI, "accept": ["didcomm/v2"], "routingKeys": KEYS}),
            (Endpoint(uri=URI, accept=("didcomm/v2",), routing_keys=(KEYS[0], f"{DID}#own")),),
        ),
        (
            service(serviceEndpoint=[{"uri": URI}, {"uri": "did:web:relay.example"}, "https://b.example"]),
            (Endpoint(uri=URI), Endpoint(uri="did:web:relay.example"), Endpoint(uri="https://b.example")),
        ),
        (service(type=["Other", "DIDCommMessaging"], serviceEndpoint={"uri": URI}), (Endpoint(uri=URI),)),
        (service(type="LinkedDomains", serviceEndpoint="https://college.example"), ()),
        (service(type="did-communication", serviceEndpoint=1), ()),
    ],
)
def test_each_form_of_a_service_is_read(value, endpoints):
    document = parse(service=[value])

    assert [each.endpoints for each in document.services] == [endpoints]
    assert document.services[0].id == f"{DID}#s"
    assert document.services[0].raw == value


def test_the_endpoint_for_didcomm_is_the_first_that_accepts_v2():
    document = parse(
        service=[
            {"id": "#web", "type": "LinkedDomains", "serviceEndpoint": "https://college.example"},
            service(serviceEndpoint=[{"uri": "https://old.example", "accept": ["didcomm/aip2"]}, {"uri": URI}]),
        ]
    )

    assert document.didcomm_endpoint == Endpoint(uri=URI)


@pytest.mark.parametrize(
    "members",
    [
        {"id": "did:web:other.example"},
        {"id": None},
        {"verificationMethod": {}},
        {"verificationMethod": ["#k"]},
        {"verificationMethod": [{"type": "Multikey"}]},
        {"verificationMethod": [multikey(controller=1)]},
        {"verificationMethod": [{"id": "#k", "type": "Multikey", "controller": DID}]},
        {"verificationMethod": [{"id": "#k", "type": "Multikey", "publicKeyBase58": base58_encode(ED.raw)}]},
        {"verificationMethod": [{"id": "#k", "type": "Ed25519VerificationKey2018", "publicKeyBase58": "abc"}]},
        {"verificationMethod": [{**multikey(key=X), "type": "Ed25519VerificationKey2020"}]},
        {"verificationMethod": [{"id": "#k", "type": "JsonWebKey", "publicKeyJwk": {**ED.to_jwk(), "d": "AA"}}]},
        {"verificationMethod": [multikey(publicKeyMultibase="z" + "1" * 9000)]},
        {"verificationMethod": [multikey(expires="soon")]},
        {"verificationMethod": [multikey(expires="2026-01-01T00:00:00")]},
        {"verificationMethod": [multikey(revoked=1)]},
        {"verificationMethod": [multikey("#k"), multikey("#k", P256)]},
        {"verificationMethod": [multikey(f"#{number}") for number in range(65)]},
        {
            "verificationMethod": [multikey(f"#{number}") for number in range(40)],
            "authentication": [multikey(f"#a{number}") for number in range(40)],
        },
        {"authentication": [1]},
        {"authentication": ["#k"] * 65},
        {"service": [{"id": "#s", "type": "X"}] * 33},
        {"service": [1]},
        {"service": [{"type": "X"}]},
        {"service": [{"id": "#s"}]},
        {"service": [service()]},
        {"service": [service(serviceEndpoint={})]},
        {"service": [service(serviceEndpoint={"uri": 1})]},
        {"service": [service(serviceEndpoint=[URI] * 17)]},
        {"service": [service(serviceEndpoint={"uri": URI, "accept": [1]})]},
        {"service": [service(serviceEndpoint={"uri": URI, "routingKeys": KEYS * 9})]},
        {"service": [service(serviceEndpoint="https://" + "a" * 2048)]},
    ],
)
def test_a_document_of_the_wrong_form_is_refused(members):
    with pytest.raises(DidError):
        parse(**members)
