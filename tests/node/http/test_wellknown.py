"""The DID document: where its DID says, cacheable, and true to the keys through rotations."""

from datetime import timedelta
from pathlib import Path

import pytest

from node.errors import Conflict
from node.services.did_document import Purpose
from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.enveloped import open_envelope
from protocols.dids.parse import parse_document
from protocols.findings import Outcome
from protocols.jose.jws import parse_compact
from tests.support.served import DID, Served, make_node, served_node


async def test_the_document_names_keys_by_purpose_and_the_didcomm_endpoint(served: Served) -> None:
    response = await served.client.get("/.well-known/did.json")
    assert (response.status, response.content_type) == (200, "application/did+json")
    document = parse_document(await response.json(content_type=None), DID)
    assert document.also_known_as == ("https://localhost:8101",)
    assert {name: ids for name, ids in document.relationships.items() if ids} == {
        "authentication": (f"{DID}#auth-1",),
        "assertionMethod": (f"{DID}#issue-1", f"{DID}#issue-p256-1", f"{DID}#issue-p384-1"),
        "keyAgreement": (f"{DID}#agree-1",),
    }
    curves = [document.methods[kid].key.crv for kid in document.methods]
    assert curves == ["Ed25519", "Ed25519", "P-256", "P-384", "X25519"]
    endpoint = document.didcomm_endpoint
    assert endpoint is not None
    assert (endpoint.uri, endpoint.accept, endpoint.routing_keys) == (
        "https://localhost:8101/didcomm",
        ("didcomm/v2",),
        (),
    )


async def test_the_origin_and_the_did_say_of_each_other_that_they_belong_together(served: Served) -> None:
    response = await served.client.get("/.well-known/did-configuration.json")
    assert (response.status, response.content_type) == (200, "application/json")
    configuration = await response.json()
    assert configuration["@context"] == "https://identity.foundation/.well-known/did-configuration/v1"
    (token,) = configuration["linked_dids"]
    parsed = parse_compact(token)
    assert dict(parsed.header) == {"alg": "EdDSA", "kid": f"{DID}#issue-1"}
    assert parsed.claims.keys() == {"exp", "iss", "nbf", "sub", "vc"}
    documents = {DID: parse_document(served.services.identity.did_document(), DID)}
    opened = open_envelope(
        {"@context": CREDENTIALS_V2, "type": "EnvelopedVerifiableCredential", "id": f"data:application/jwt,{token}"},
        documents,
        purpose="assertionMethod",
        now=served.clock.now(),
    )
    assert [result.outcome for result in opened.results] == [Outcome.YES]
    assert opened.document is not None
    assert opened.document["type"] == ["VerifiableCredential", "DomainLinkageCredential"]
    assert opened.document["credentialSubject"] == {"id": DID, "origin": "https://localhost:8101"}
    assert opened.document["issuer"] == DID
    known = {"If-None-Match": response.headers["ETag"]}
    served.clock.advance(timedelta(minutes=1))
    again = await served.client.get("/.well-known/did-configuration.json", headers=known)
    assert again.status == 304, "a new signature every second would be new bytes every second"


async def test_who_has_the_document_gets_304_until_a_key_changes(served: Served) -> None:
    first = await served.client.get("/.well-known/did.json")
    known = {"If-None-Match": first.headers["ETag"]}
    again = await served.client.get("/.well-known/did.json", headers=known)
    assert (again.status, await again.read()) == (304, b"")
    await served.services.identity.rotate(Purpose.ASSERTION)
    changed = await served.client.get("/.well-known/did.json", headers=known)
    assert changed.status == 200


async def test_a_new_key_is_published_at_once_and_used_when_others_know_it(served: Served) -> None:
    identity = served.services.identity
    served.clock.advance(timedelta(days=1, milliseconds=300))
    for purpose in Purpose:
        await identity.rotate(purpose)
    document = parse_document(identity.did_document(), DID)
    assert document.relationships["authentication"] == (f"{DID}#auth-2", f"{DID}#auth-1")
    assert document.relationships["assertionMethod"] == tuple(
        f"{DID}#{name}-{number}" for name in ("issue", "issue-p256", "issue-p384") for number in (2, 1)
    )
    assert document.relationships["keyAgreement"] == (f"{DID}#agree-2", f"{DID}#agree-1")
    expires = {kid.partition("#")[2]: method.expires for kid, method in document.methods.items()}
    settled = served.clock.now() + timedelta(minutes=10)
    second_after = settled.replace(microsecond=0) + timedelta(seconds=1)
    assert expires == {
        "auth-2": None,
        "auth-1": second_after,
        "issue-2": None,
        "issue-1": second_after,
        "issue-p256-2": None,
        "issue-p256-1": second_after,
        "issue-p384-2": None,
        "issue-p384-1": second_after,
        "agree-2": None,
        "agree-1": second_after + timedelta(days=8),
    }
    assert (identity.signer(Purpose.ASSERTION).kid, identity.agreement_of(DID).kid) == (
        f"{DID}#issue-1",
        f"{DID}#agree-1",
    )
    served.clock.advance(timedelta(minutes=10))
    assert (identity.signer(Purpose.ASSERTION).kid, identity.agreement_of(DID).kid) == (
        f"{DID}#issue-2",
        f"{DID}#agree-2",
    )
    assert set(identity.agreements()) == {f"{DID}#agree-1", f"{DID}#agree-2"}


async def test_an_agreement_key_is_to_be_found_as_long_as_mail_under_it_may_wait(served: Served) -> None:
    identity = served.services.identity
    await identity.rotate(Purpose.AGREEMENT)
    for days, listed in ((0, ("agree-2", "agree-1")), (7, ("agree-2", "agree-1")), (2, ("agree-2",))):
        served.clock.advance(timedelta(days=days))
        document = parse_document(identity.did_document(), DID)
        assert [kid.partition("#")[2] for kid in document.relationships["keyAgreement"]] == list(listed)
        encrypted_for = [key.id.partition("#")[2] for key in document.recipients("X25519", served.clock.now())]
        assert encrypted_for == ["agree-2"]


async def test_a_leaked_key_ends_at_once_and_says_so(served: Served) -> None:
    identity = served.services.identity
    await identity.rotate(Purpose.ASSERTION)
    for purpose in (Purpose.ASSERTION, Purpose.AGREEMENT):
        await identity.rotate(purpose, leaked=True)
    assert identity.signer(Purpose.ASSERTION).kid == f"{DID}#issue-3"
    assert identity.agreement_of(DID).kid == f"{DID}#agree-2"
    document = parse_document(identity.did_document(), DID)
    second_after = served.clock.now().replace(microsecond=0) + timedelta(seconds=1)
    for number, ended in (("1", second_after), ("2", second_after), ("3", None)):
        method = document.methods[f"{DID}#issue-{number}"]
        assert (method.expires, method.revoked) == (ended, ended)
    assert document.relationships["keyAgreement"] == (f"{DID}#agree-2",)
    with pytest.raises(Conflict):
        await identity.rotate(Purpose.FEDERATION, leaked=True)


async def test_what_the_signer_signs_verifies_under_the_published_key(served: Served) -> None:
    identity = served.services.identity
    await identity.rotate(Purpose.AUTHENTICATION)
    document = parse_document(identity.did_document(), DID)
    signer = identity.signer(Purpose.AUTHENTICATION)
    method = document.method(signer.kid, "authentication")
    assert method is not None
    assert method.key.verify(b"data", signer.sign(b"data"))


async def test_federation_keys_stand_in_no_did_document(served: Served) -> None:
    identity = served.services.identity
    signer = identity.signer(Purpose.FEDERATION)
    assert signer.kid == signer.public.thumbprint
    assert all(method.key != signer.public for method in parse_document(identity.did_document(), DID).methods.values())


@pytest.fixture
def path_settings(tmp_path: Path):
    return make_node(tmp_path / "node", "did:web:example.edu:north:campus")


async def test_a_did_with_a_path_has_its_document_under_that_path(path_settings) -> None:
    async with served_node(path_settings) as served:
        response = await served.client.get("/north/campus/did.json")
        document = await response.json(content_type=None)
        assert (document["id"], document["alsoKnownAs"]) == (
            "did:web:example.edu:north:campus",
            ["https://example.edu/north/campus"],
        )
        assert document["service"][0]["serviceEndpoint"]["uri"] == "https://example.edu/north/campus/didcomm"
        assert (await served.client.get("/.well-known/did.json")).status == 404
