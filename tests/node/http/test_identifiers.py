"""DID resolution over HTTP: documents, errors by their names, and who may have a host called."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from yarl import URL

from node.settings import load_settings
from protocols.dids.jwk import did_jwk
from protocols.dids.multiformats import add_code, multibase_encode
from protocols.dids.parse import parse_document
from protocols.jose.keys import PrivateKey
from tests.support.served import DID, Served, make_node, served_node

RESULT = 'application/ld+json;profile="https://w3id.org/did-resolution"'
KEY = "z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
AGREEING = "z6LSfHfAMAopsuBxaBzvp51GXrPf38Az13j2fmwqadbwwrzJ"
DID_KEY = f"did:key:{KEY}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identifiers") / "node"
    make_node(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(data: Path) -> AsyncIterator[Served]:
    async with served_node(load_settings(data)) as node:
        yield node


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(
    served: Served, did: str, *, accept: str = RESULT, token: bool = False, **query: str
) -> tuple[int, str, Any]:
    headers = {"Accept": accept, **(served.bearer if token else {})}
    url = f"/1.0/identifiers/{quote(did, safe='')}?{urlencode(query)}"
    async with served.client.get(URL(url, encoded=True), headers=headers) as response:
        return response.status, response.headers["Content-Type"], await response.json(content_type=None)


async def test_a_did_key_resolves_to_the_document_of_its_key(served: Served) -> None:
    status, content_type, answer = await asked(served, DID_KEY)
    assert (status, content_type) == (200, RESULT)
    assert answer == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": DID_KEY,
            "verificationMethod": [
                {
                    "id": f"{DID_KEY}#{key}",
                    "type": "Multikey",
                    "controller": DID_KEY,
                    "publicKeyMultibase": key,
                }
                for key in (KEY, AGREEING)
            ],
            **{
                name: [f"{DID_KEY}#{KEY}"]
                for name in ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")
            },
            "keyAgreement": [f"{DID_KEY}#{AGREEING}"],
        },
        "didDocumentMetadata": {},
        "didResolutionMetadata": {"contentType": "application/did+ld+json"},
    }


@pytest.mark.parametrize(
    ("form", "types", "material"),
    [
        ("JsonWebKey2020", ["JsonWebKey2020", "JsonWebKey2020"], "publicKeyJwk"),
        ("JsonWebKey", ["JsonWebKey", "JsonWebKey"], "publicKeyJwk"),
        (
            "Ed25519VerificationKey2020",
            ["Ed25519VerificationKey2020", "X25519KeyAgreementKey2020"],
            "publicKeyMultibase",
        ),
        ("Ed25519VerificationKey2018", ["Ed25519VerificationKey2018", "X25519KeyAgreementKey2019"], "publicKeyBase58"),
    ],
)
async def test_a_did_key_is_written_in_the_format_asked_for(
    served: Served, form: str, types: list[str], material: str
) -> None:
    query = {"publicKeyFormat": form, "enableExperimentalPublicKeyTypes": "true"}
    status, _, answer = await asked(served, DID_KEY, **query)
    document = answer["didDocument"]
    assert (status, [method["type"] for method in document["verificationMethod"]]) == (200, types)
    assert all(material in method for method in document["verificationMethod"])
    assert parse_document(document, DID_KEY).methods.keys() == {f"{DID_KEY}#{KEY}", f"{DID_KEY}#{AGREEING}"}


async def test_a_did_key_need_not_have_an_agreement_key(served: Served) -> None:
    _, _, answer = await asked(served, DID_KEY, enableEncryptionKeyDerivation="false")
    assert "keyAgreement" not in answer["didDocument"]
    assert [method["id"] for method in answer["didDocument"]["verificationMethod"]] == [f"{DID_KEY}#{KEY}"]


async def test_a_did_url_names_a_part_of_the_document(served: Served) -> None:
    for url, part in (
        (f"{DID_KEY}#{AGREEING}", AGREEING),
        (f"{DID}#issue-1", "issue-1"),
        (f"{DID}#didcomm", "didcomm"),
    ):
        status, _, answer = await asked(served, url)
        assert status == 200
        assert answer["contentStream"]["id"].endswith(f"#{part}")
        assert answer["didDocument"] == answer["contentStream"]
        assert answer["didDereferencingMetadata"] == {"contentType": "application/did+ld+json"}


@pytest.mark.parametrize("accept", ["application/did+ld+json", "application/did+json", "application/did"])
async def test_the_document_alone_is_there_for_who_accepts_it(served: Served, accept: str) -> None:
    status, content_type, document = await asked(served, DID, accept=accept)
    assert (status, content_type, document["id"]) == (200, accept, DID)


async def test_an_identifier_is_taken_encoded_or_as_it_is(served: Served) -> None:
    for path in (DID, "did%3Aweb%3Alocalhost%253A8101", DID_KEY, f"did:key:{KEY}%23{KEY}"):
        async with served.client.get(URL(f"/1.0/identifiers/{path}", encoded=True)) as response:
            if path.endswith(f"%23{KEY}"):
                assert response.status == 400, "half encoded is not a DID"
            else:
                assert response.status == 200, path


async def test_keys_of_every_curve_resolve(served: Served) -> None:
    for curve in ("Ed25519", "P-256", "P-384"):
        key = PrivateKey.from_secret(curve, b"k" * 32 if curve != "P-384" else b"k" * 48)
        for did in (did_jwk(key.public), f"did:key:{multikey(key)}"):
            status, _, answer = await asked(served, did)
            assert (status, answer["didDocument"]["id"]) == (200, did)
            assert parse_document(answer["didDocument"], did).keys_for("assertionMethod", curve)


def multikey(key: PrivateKey) -> str:
    codes = {"Ed25519": 0xED, "P-256": 0x1200, "P-384": 0x1201}
    return multibase_encode(add_code(codes[key.public.crv], key.public.raw))


WRONG: dict[str, tuple[str, int, str]] = {
    "another scheme": (f"notDid:key:{KEY}", 400, "invalidDid"),
    "no scheme": (KEY, 400, "invalidDid"),
    "the key of a did:key under another method": (f"did:experimental:{KEY}", 400, "invalidDid"),
    "another method": ("did:example:123", 501, "methodNotSupported"),
    "a version that is none": (f"did:key:-4:{KEY}", 400, "invalidDid"),
    "no multibase": (f"did:key:{KEY[1:]}", 400, "invalidDid"),
    "a character that DIDs do not have": ("did:key:@", 400, "invalidDid"),
    "another encoding": ("did:key:z6MkNCwzLDQsNSw3LDcsNSw1LDAsMyw0LDUsMCwzMDA=", 400, "invalidDid"),
    "a key too short": (
        f"did:key:{multibase_encode(add_code(0xED, bytes(31)))}",
        400,
        "invalidPublicKeyLength",
    ),
    "a key too long": (f"did:key:{multibase_encode(add_code(0x1200, bytes(65)))}", 400, "invalidPublicKeyLength"),
    "no point of its curve": (
        f"did:key:{multibase_encode(add_code(0x1200, bytes([2]) + bytes([255]) * 32))}",
        400,
        "invalidPublicKey",
    ),
    "a kind of key that is not known": (
        f"did:key:{multibase_encode(add_code(0x1205, bytes(256)))}",
        400,
        "unsupportedPublicKeyType",
    ),
    "no JWK": ("did:jwk:e30", 400, "invalidDid"),
    "a peer that was never met": (f"did:peer:4zQm{'a' * 44}", 404, "notFound"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_what_is_wrong_with_a_did_has_its_name(served: Served, fault: str) -> None:
    did, expected, name = WRONG[fault]
    status, content_type, answer = await asked(served, did)
    assert (status, content_type) == (expected, RESULT)
    assert answer["didResolutionMetadata"]["error"] == name
    assert answer["didResolutionMetadata"]["message"]
    assert (answer["didDocument"], answer["didDocumentMetadata"]) == ({}, {})


@pytest.mark.parametrize(
    ("url", "query", "expected", "name"),
    [
        (f"{DID_KEY}/^bar^/?query=`#{KEY}", {}, 400, "invalidDidUrl"),
        (f"{DID_KEY}#%zz", {}, 400, "invalidDidUrl"),
        (f"{DID_KEY}#nothing", {}, 404, "notFound"),
        (f"{DID_KEY}?versionId=1", {}, 404, "notFound"),
        (f"{DID_KEY}#{KEY}", {"publicKeyFormat": "Ed25519VerificationKey2018"}, 400, "invalidPublicKeyType"),
        (f"{DID_KEY}#{AGREEING}", {"publicKeyFormat": "X25519KeyAgreementKey2019"}, 400, "invalidPublicKeyType"),
        (f"{DID_KEY}#{AGREEING}", {"publicKeyFormat": "X25519KeyAgreementKey2020"}, 400, "invalidPublicKeyType"),
    ],
)
async def test_what_is_wrong_with_a_did_url_has_its_name(
    served: Served, url: str, query: dict[str, str], expected: int, name: str
) -> None:
    status, _, answer = await asked(served, url, **query)
    assert (status, answer["didDereferencingMetadata"]["error"]) == (expected, name)
    assert "didResolutionMetadata" not in answer


async def test_a_format_or_representation_that_is_not_there_is_told(served: Served) -> None:
    status, _, answer = await asked(served, DID_KEY, publicKeyFormat="unknown")
    assert (status, answer["didResolutionMetadata"]["error"]) == (400, "unsupportedPublicKeyType")
    status, _, answer = await asked(served, DID_KEY, accept="text/html")
    assert (status, answer["didResolutionMetadata"]["error"]) == (406, "representationNotSupported")


async def test_nobody_without_a_token_makes_this_node_call_a_host(served: Served) -> None:
    status, content_type, problem = await asked(served, "did:web:somewhere.example")
    assert (status, content_type.partition(";")[0]) == (401, "application/problem+json")
    assert problem["title"] == "Who are you?"
    status, _, answer = await asked(served, "did:web:somewhere.example", token=True)
    assert (status, answer["didResolutionMetadata"]["error"]) == (502, "internalError"), "there is no such host"
    status, _, answer = await asked(served, "did:web:10.0.0.1", token=True)
    assert (status, answer["didResolutionMetadata"]["error"]) == (400, "invalidDid")
