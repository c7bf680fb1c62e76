"""The VC-API: each suite and key issues and verifies, and each way to be wrong is told by its status."""

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.settings import load_settings
from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import OPEN
from protocols.credentials.enveloped import Kind, wrap
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from protocols.jose.jws import sign_compact
from protocols.jose.keys import PrivateKey
from tests.support.nodes import wait_until
from tests.support.served import Served, make_node, served_node

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
LEARNER = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


def unsigned(issuer: str, version: str = "2.0", **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": LEARNER, "name": "Somebody"},
    }
    if version == "1.1":
        base |= {
            "@context": [CREDENTIALS_V1],
            "issuanceDate": "2024-03-01T09:00:00Z",
            "credentialSubject": {"id": LEARNER},
        }
    return {**base, **changes}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vc-api") / "node"
    make_node(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(data: Path) -> AsyncIterator[Served]:
    async with served_node(load_settings(data, vc_api={"open": True})) as node:
        yield node


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def post(served: Served, path: str, body: Any) -> tuple[int, Any]:
    async with served.client.post(f"/vc-api{path}", json=body) as response:
        return response.status, await response.json()


async def instances(served: Served) -> list[dict[str, Any]]:
    async with served.client.get("/vc-api") as response:
        return await response.json()


async def issued(served: Served, instance: dict[str, Any], version: str = "2.0") -> dict[str, Any]:
    status, made = await post(
        served, f"/{instance['name']}/credentials/issue", {"credential": unsigned(instance["did"], version)}
    )
    assert status == 201, made
    return made


async def test_every_instance_issues_what_verifies_in_each_version_it_lists(served: Served) -> None:
    found = await instances(served)
    assert len(found) > 5
    for instance in found:
        for version in instance["vc"]:
            made = await issued(served, instance, version)
            if instance["suite"] == "ecdsa-sd-2023":
                dates = ["/issuanceDate"] if version == "1.1" else []
                made = await derived(served, made, "/issuer", "/credentialSubject", *dates)
            status, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
            assert (status, answer["verified"], answer["errors"]) == (200, True, []), (instance, answer)


async def derived(served: Served, credential: dict[str, Any], *pointers: str) -> dict[str, Any]:
    body = {"verifiableCredential": credential, "options": {"selectivePointers": list(pointers)}}
    status, made = await post(served, "/credentials/derive", body)
    assert status == 201, made
    return made


async def test_a_holder_shows_a_part_with_what_the_issuer_wants_shown_in_any_case(served: Served) -> None:
    credential = unsigned("did:web:localhost%3A8101", validFrom="2024-01-01T00:00:00Z", name="A record")
    body = {"credential": credential, "options": {"mandatoryPointers": ["/issuer", "/validFrom"]}}
    status, base = await post(served, "/ecdsa-sd-2023-p256/credentials/issue", body)
    assert status == 201, base
    shown = await derived(served, base, "/credentialSubject/name")
    assert {name: value for name, value in shown.items() if name not in ("@context", "type", "proof")} == {
        "issuer": "did:web:localhost%3A8101",
        "validFrom": "2024-01-01T00:00:00Z",
        "credentialSubject": {"id": LEARNER, "name": "Somebody"},
    }
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": shown})
    assert (status, answer["verified"]) == (200, True), answer["errors"]
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": base})
    assert (status, answer["verified"]) == (400, False)
    assert "base proof" in str(answer["errors"]) or "derived proof" in str(answer["errors"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verifiableCredential": unsigned("did:web:localhost%3A8101")},
        {"verifiableCredential": "text"},
        {"verifiableCredential": {}, "options": {"selectivePointers": "/issuer"}},
        {"verifiableCredential": {}, "options": {"selectivePointers": [5]}},
        {"verifiableCredential": {}, "options": {"pointers": []}},
    ],
)
async def test_what_cannot_be_derived_from_is_a_bad_request(served: Served, body: Any) -> None:
    status, answer = await post(served, "/credentials/derive", body)
    assert (status, answer["verified"]) == (400, False)


@pytest.mark.parametrize("pointer", ["/nothing", "issuer", "/credentialSubject/0"])
async def test_a_mandatory_pointer_that_leads_nowhere_is_a_bad_request(served: Served, pointer: str) -> None:
    body = {"credential": unsigned("did:web:localhost%3A8101"), "options": {"mandatoryPointers": [pointer]}}
    assert (await post(served, "/ecdsa-sd-2023-p256/credentials/issue", body))[0] == 400
    assert (await post(served, "/ecdsa-rdfc-2019-p256/credentials/issue", body))[0] == 400, "it shows all of it"


def plain(found: list[dict[str, Any]]) -> dict[str, Any]:
    return next(instance for instance in found if instance["name"] == "eddsa-rdfc-2022-ed25519")


async def test_the_list_of_instances_says_all_that_a_caller_needs(served: Served) -> None:
    found = {instance["name"]: instance for instance in await instances(served)}
    assert found["eddsa-rdfc-2022-ed25519"] == {
        "name": "eddsa-rdfc-2022-ed25519",
        "did": "did:web:localhost%3A8101",
        "suite": "eddsa-rdfc-2022",
        "keyType": "Ed25519",
        "vc": ["1.1", "2.0"],
        "status": False,
    }
    assert found["eddsa-rdfc-2022-ed25519-did-key"]["did"].startswith("did:key:z6Mk")
    assert found["eddsa-rdfc-2022-ed25519-status"]["status"] is True


async def test_without_an_instance_the_usual_one_signs(served: Served) -> None:
    made = await post(served, "/credentials/issue", {"credential": unsigned("did:web:localhost%3A8101")})
    assert made[0] == 201
    proof = made[1]["proof"]
    assert (proof["cryptosuite"], proof["verificationMethod"], proof["proofPurpose"]) == (
        "eddsa-rdfc-2022",
        "did:web:localhost%3A8101#issue-1",
        "assertionMethod",
    )


async def test_a_did_key_instance_names_its_key_as_did_keys_do(served: Served) -> None:
    for instance in await instances(served):
        if instance["name"].endswith("-did-key") and instance["suite"] != "vc+jwt":
            did = instance["did"]
            made = await issued(served, instance)
            assert made["proof"]["verificationMethod"] == f"{did}#{did.removeprefix('did:key:')}"


async def test_a_proof_that_is_there_is_kept_and_the_new_one_joins_it(served: Served) -> None:
    found = {instance["name"]: instance for instance in await instances(served)}
    first = await issued(served, found["eddsa-jcs-2022-ed25519"])
    status, both = await post(served, "/eddsa-rdfc-2022-ed25519/credentials/issue", {"credential": first})
    assert status == 201
    assert [proof["cryptosuite"] for proof in both["proof"]] == ["eddsa-jcs-2022", "eddsa-rdfc-2022"]
    assert both["proof"][0] == first["proof"]
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": both})
    assert (status, answer["verified"]) == (200, True), answer["errors"]
    both["proof"][0]["proofValue"] = both["proof"][1]["proofValue"]
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": both})
    assert (status, answer["verified"]) == (400, False), "one proof of a set that does not hold is enough"


async def test_challenge_and_domain_stand_in_the_proof_and_1_1_gets_its_context(served: Served) -> None:
    body = {
        "credential": unsigned("did:web:localhost%3A8101", "1.1"),
        "options": {"challenge": "abc", "domain": ["one.example", "two.example"]},
    }
    status, made = await post(served, "/credentials/issue", body)
    assert status == 201
    assert made["@context"] == [CREDENTIALS_V1, "https://w3id.org/security/data-integrity/v2"]
    assert (made["proof"]["challenge"], made["proof"]["domain"]) == ("abc", ["one.example", "two.example"])


NOT_ISSUED: dict[str, dict[str, Any]] = {
    "no context": {"@context": None},
    "the base context not first": {"@context": ["https://w3id.org/security/data-integrity/v2", CREDENTIALS_V2]},
    "both base contexts": {"@context": [CREDENTIALS_V2, CREDENTIALS_V1]},
    "an unknown context": {"@context": [CREDENTIALS_V2, "https://somewhere.example/context"]},
    "a context that is a number": {"@context": [CREDENTIALS_V2, 5]},
    "an inline context": {"@context": [CREDENTIALS_V2, {"name": "https://somewhere.example/name"}]},
    "no type": {"type": None},
    "another type alone": {"type": ["VerifiablePresentation"]},
    "an undefined type": {"type": ["VerifiableCredential", "MadeUpCredential"]},
    "a type that is an object": {"type": ["VerifiableCredential", {"id": "urn:x"}]},
    "a relative type": {"type": ["VerifiableCredential", "/relative"]},
    "no issuer": {"issuer": None},
    "an issuer that is no URL": {"issuer": "college"},
    "an issuer that is a list": {"issuer": ["did:web:localhost%3A8101"]},
    "an issuer object without id": {"issuer": {"name": "College"}},
    "another's issuer": {"issuer": "did:web:other.example"},
    "no subject": {"credentialSubject": None},
    "an empty subject": {"credentialSubject": {}},
    "a list with an empty subject": {"credentialSubject": [{"id": LEARNER, "name": "A"}, {}]},
    "a subject that is a text": {"credentialSubject": "did:key:z6Mk"},
    "a subject with a relative id": {"credentialSubject": {"id": "somebody", "name": "A"}},
    "a subject with an undefined term": {"credentialSubject": {"id": LEARNER, "madeUp": "A"}},
    "an id that is no URL": {"id": "credential-1"},
    "two ids": {"id": ["urn:a", "urn:b"]},
    "a null id": {"id": None, "keep": True},
    "a validFrom that is no time": {"validFrom": "yesterday"},
    "a validFrom without offset": {"validFrom": "2024-01-01T00:00:00"},
    "a validFrom that is a day": {"validFrom": "2024-01-01"},
    "a validUntil that is a number": {"validUntil": 1704067200},
    "an end before the beginning": {"validFrom": "2024-02-01T00:00:00Z", "validUntil": "2024-01-01T00:00:00Z"},
    "a status without type": {"credentialStatus": {"id": "https://a.example/1"}},
    "a status with a bad id": {"credentialStatus": {"id": "one", "type": "BitstringStatusListEntry"}},
    "a schema without type": {"credentialSchema": {"id": "https://a.example/schema"}},
    "a schema without id": {"credentialSchema": {"type": "JsonSchema"}},
    "evidence without type": {"evidence": {"id": "https://a.example/1"}},
    "terms of use without type": {"termsOfUse": {"id": "https://a.example/1"}},
    "a refresh service without type": {"refreshService": {"id": "https://a.example/1"}},
    "a name that is an object of the wrong form": {"name": {"language": "en"}},
    "a description that is a number": {"description": 5},
    "a related resource without digest": {"relatedResource": {"id": CREDENTIALS_V2}},
    "a related resource without id": {"relatedResource": {"digestSRI": "sha384-" + "A" * 64}},
    "a related resource twice": {
        "relatedResource": [{"id": "https://a.example/1", "digestSRI": "sha384-" + "A" * 64}] * 2,
    },
    "a related resource with another's digest": {
        "relatedResource": {"id": CREDENTIALS_V2, "digestSRI": "sha384-" + "A" * 64},
    },
    "a related resource with half a digest": {
        "relatedResource": {"id": "https://a.example/1", "digestSRI": "sha384-AA"}
    },
}


@pytest.mark.parametrize("fault", NOT_ISSUED)
async def test_what_is_not_a_credential_is_not_signed(served: Served, fault: str) -> None:
    changes = dict(NOT_ISSUED[fault])
    keeps_null = changes.pop("keep", False)
    credential = {**unsigned("did:web:localhost%3A8101"), **changes}
    if not keeps_null:
        credential = {name: value for name, value in credential.items() if value is not None}
    for name in ("eddsa-rdfc-2022-ed25519", "eddsa-jcs-2022-ed25519"):
        status, answer = await post(served, f"/{name}/credentials/issue", {"credential": credential})
        assert (status, answer["verified"]) == (400, False), answer
        assert answer["errors"][0]["detail"]


async def test_a_related_resource_with_its_published_digest_is_signed(served: Served) -> None:
    digest = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
    for named in (
        {"digestSRI": digest},
        {"digestMultibase": "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"},
        {"digestMultibase": "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"},
    ):
        credential = unsigned("did:web:localhost%3A8101", relatedResource=[{"id": CREDENTIALS_V2, **named}])
        status, made = await post(served, "/credentials/issue", {"credential": credential})
        assert status == 201, made


SAILING = {
    "@protected": True,
    "SailingCredential": "urn:example:SailingCredential",
    "boats": {"@id": "urn:example:boats", "@context": {"@protected": True, "sail": "urn:example:sail"}},
}


async def test_a_credential_with_terms_of_its_own_is_signed_shown_in_part_and_verified(served: Served) -> None:
    for instance in await instances(served):
        if instance["did"].startswith("did:key:") or instance["status"]:
            continue
        for version in instance["vc"]:
            credential = unsigned(instance["did"], version)
            credential["@context"].append(SAILING)
            credential["type"].append("SailingCredential")
            credential["credentialSubject"] = {"id": LEARNER, "boats": [{"sail": "Osprey"}, {"sail": "Kite"}]}
            body: dict[str, Any] = {"credential": credential}
            if instance["suite"] == "ecdsa-sd-2023":
                shown = ["/issuer", *(["/issuanceDate"] if version == "1.1" else [])]
                body["options"] = {"mandatoryPointers": shown}
            status, made = await post(served, f"/{instance['name']}/credentials/issue", body)
            assert status == 201, (instance, made)
            if instance["suite"] == "ecdsa-sd-2023":
                made = await derived(served, made, "/credentialSubject/boats/1/sail")
                assert made["credentialSubject"] == {"id": LEARNER, "boats": [{"sail": "Kite"}]}
            status, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
            assert (status, answer["verified"]) == (200, True), (instance, answer["errors"])
            assert next(check["reason"] for check in answer["report"]["checks"] if check["number"] == 2) == (
                "every term is defined, some by itself, none dropped"
            )
            if "proof" in made:
                made["@context"][1] = {**SAILING, "boats": "urn:example:ships"}
                status, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
                assert (status, answer["verified"]) == (400, False), "what a term means is signed"


async def test_the_contexts_that_the_w3c_uses_in_examples_are_known_at_this_door(served: Served) -> None:
    examples = "https://www.w3.org/ns/credentials/examples/v2"
    credential = unsigned("did:web:localhost%3A8101")
    credential["@context"].append(examples)
    credential["credentialSubject"]["degree"] = {"type": "ExampleBachelorDegree", "name": "Bachelor of Arts"}
    status, made = await post(served, "/credentials/issue", {"credential": credential})
    assert status == 201, made
    shown = presented(made, challenge="abc")
    shown = {**shown, "@context": [*shown["@context"], examples, {"ExamplePresentation": "urn:example:P"}]}
    shown["type"].append("ExamplePresentation")
    shown = resigned(shown, challenge="abc")
    assert await verified(served, shown, challenge="abc") == (200, True, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credential": None},
        {"credential": "text"},
        {"credential": []},
        {"credential": {"@context": []}, "options": []},
        {"credential": {}, "options": {"shine": True}},
        {"credential": {}, "options": {"challenge": 5}},
        {"credential": {}, "options": {"mandatoryPointers": "x"}},
    ],
)
async def test_a_body_of_another_form_is_a_bad_request(served: Served, body: Any) -> None:
    status, answer = await post(served, "/credentials/issue", body)
    assert (status, answer["verified"]) == (400, False)


async def test_an_instance_that_is_not_there_is_not_found(served: Served) -> None:
    assert (await post(served, "/none/credentials/issue", {"credential": unsigned("did:web:localhost%3A8101")}))[
        0
    ] == 404


async def changed(served: Served, path: str, value: Any) -> dict[str, Any]:
    """A credential that was altered after it was signed."""
    made = copy.deepcopy(await issued(served, plain(await instances(served))))
    *parents, last = path.split("/")
    place: Any = made
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


NOT_VERIFIED: dict[str, tuple[str, Any]] = {
    "another subject": ("credentialSubject/id", "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"),
    "another name": ("credentialSubject/name", "Somebody else"),
    "another issuer": ("issuer", "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"),
    "an end that was added": ("validUntil", "2090-01-01T00:00:00Z"),
    "no proof": ("proof", None),
    "an empty proof": ("proof", {}),
    "a proof that is a text": ("proof", "z5"),
    "no proof value": ("proof/proofValue", None),
    "a proof value of another base": ("proof/proofValue", "uAAAA"),
    "another proof value": ("proof/proofValue", "z" + "3" * 88),
    "no proof type": ("proof/type", None),
    "another proof type": ("proof/type", "UnknownProof2099"),
    "another suite": ("proof/cryptosuite", "eddsa-jcs-2022"),
    "an unknown suite": ("proof/cryptosuite", "rot13-2026"),
    "another purpose": ("proof/proofPurpose", "authentication"),
    "no purpose": ("proof/proofPurpose", None),
    "another's method": (
        "proof/verificationMethod",
        "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH#z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
    ),
    "no method": ("proof/verificationMethod", None),
    "a date that was changed": ("proof/created", "2024-01-01T00:00:00Z"),
    "a date that is none": ("proof/created", "now"),
    "a proof that has expired": ("proof/expires", "2024-01-01T00:00:00Z"),
    "a previous proof that is not there": ("proof/previousProof", "urn:uuid:1"),
    "another context": ("@context", [CREDENTIALS_V2, "https://somewhere.example/context"]),
    "no context": ("@context", None),
    "no type": ("type", None),
    "no subject": ("credentialSubject", None),
    "an undefined term": ("madeUp", "x"),
}


@pytest.mark.parametrize("fault", NOT_VERIFIED)
async def test_what_was_altered_does_not_verify(served: Served, fault: str) -> None:
    document = await changed(served, *NOT_VERIFIED[fault])
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": document})
    assert (status, answer["verified"]) == (400, False)
    assert answer["errors"]
    assert all({"type", "title", "detail"} <= error.keys() for error in answer["errors"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verifiableCredential": None},
        {"verifiableCredential": "text"},
        {"verifiableCredential": 5},
        {"verifiableCredential": []},
        {"verifiableCredential": {}},
        {"verifiableCredential": {}, "options": {"checks": "proof"}},
        {"verifiableCredential": {}, "options": {"checks": ["everything"]}},
        {"verifiableCredential": {}, "options": {"shine": True}},
        {"verifiableCredential": {}, "options": None},
    ],
)
async def test_what_is_no_credential_does_not_verify(served: Served, body: Any) -> None:
    status, answer = await post(served, "/credentials/verify", body)
    assert (status, answer["verified"]) == (400, False)
    assert answer["errors"]


async def test_dates_and_status_warn_unless_they_were_asked_for(served: Served) -> None:
    late = unsigned("did:web:localhost%3A8101", validUntil="2024-01-01T00:00:00Z")
    _, made = await post(served, "/credentials/issue", {"credential": late})
    status, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
    assert (status, answer["verified"], [item["check"] for item in answer["warnings"]]) == (200, True, [5])
    body = {"verifiableCredential": made, "options": {"checks": ["proof", "validityPeriod"]}}
    status, answer = await post(served, "/credentials/verify", body)
    assert (status, answer["verified"], [item["check"] for item in answer["errors"]]) == (400, False, [5])


async def test_what_could_not_be_had_is_told_as_could_not_tell(served: Served) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "5",
        "statusListCredential": "https://nowhere.invalid/status/1",
    }
    _, made = await post(
        served, "/credentials/issue", {"credential": unsigned("did:web:localhost%3A8101", credentialStatus=entry)}
    )
    body = {"verifiableCredential": made, "options": {"checks": ["credentialStatus"]}}
    status, answer = await post(served, "/credentials/verify", body)
    assert (status, answer["verified"]) == (400, False)
    assert [error["type"] for error in answer["errors"]] == ["https://w3id.org/ler-exchange/problems/could-not-tell"]
    assert answer["report"]["verdict"] in ("could_not_tell", "not_verified")


async def test_what_was_verified_comes_back_when_asked_for(served: Served) -> None:
    made = await issued(served, plain(await instances(served)))
    _, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
    assert "credential" not in answer
    body = {"verifiableCredential": made, "options": {"returnCredential": True}}
    assert (await post(served, "/credentials/verify", body))[1]["credential"] == made


async def test_a_token_is_needed_unless_the_door_is_open(data: Path) -> None:
    async with served_node(load_settings(data)) as closed:
        for path in ("/credentials/issue", "/credentials/verify", "/presentations/verify"):
            async with closed.client.post(f"/vc-api{path}", json={}) as response:
                assert response.status == 401
            async with closed.client.post(f"/vc-api{path}", json={}, headers=closed.bearer) as response:
                assert response.status == 400


HOLDER = PrivateKey.from_secret("Ed25519", b"holder".ljust(32, b"."))
HOLDER_DID = did_key(HOLDER.public)


def resigned(document: dict[str, Any], **proof: Any) -> dict[str, Any]:
    """A presentation with the holder's proof of it as it is now."""
    options: dict[str, Any] = {
        "suite": "eddsa-rdfc-2022",
        "signer": HOLDER.named(f"{HOLDER_DID}#{HOLDER_DID.removeprefix('did:key:')}"),
        "purpose": "authentication",
        "created": datetime.now(UTC).replace(microsecond=0),
        "reading": Reading(contexts=OPEN),
        **proof,
    }
    return add_proof({name: value for name, value in document.items() if name != "proof"}, **options)


def presented(*credentials: Any, holder: Any = HOLDER_DID, **proof: Any) -> dict[str, Any]:
    """A presentation by the holder; `proof` None leaves it unsigned."""
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": holder,
        "verifiableCredential": list(credentials),
    }
    document = {name: value for name, value in document.items() if value is not None and value != []}
    return resigned(document, **proof)


async def verified(served: Served, presentation: Any, **options: Any) -> tuple[int, bool, list[Any]]:
    body = {"verifiablePresentation": presentation, "options": options}
    status, answer = await post(served, "/presentations/verify", body)
    return status, answer["verified"], answer["errors"]


async def test_a_presentation_verifies_with_its_challenge_and_domain(served: Served) -> None:
    made = await issued(served, plain(await instances(served)))
    other = await issued(served, {"name": "eddsa-jcs-2022-ed25519", "did": "did:web:localhost%3A8101"})
    asked = {"challenge": "abc", "domain": "verifier.example"}
    shown = presented(made, other, **asked)
    assert await verified(served, shown, **asked) == (200, True, [])
    assert await verified(served, shown) == (200, True, []), "who set no challenge asks for none"
    assert await verified(served, presented(made, holder=None, **asked), **asked) == (200, True, [])
    assert await verified(served, presented(made, holder={"id": HOLDER_DID}, **asked), **asked) == (200, True, [])
    assert await verified(served, presented(**asked), **asked) == (200, True, []), "an empty one is a proof of control"


async def test_a_presentation_of_something_else_does_not_verify(served: Served) -> None:
    made = await issued(served, plain(await instances(served)))
    asked = {"challenge": "abc", "domain": "verifier.example"}
    good = presented(made, **asked)
    altered = {**made, "credentialSubject": {"id": LEARNER, "name": "Somebody else"}}
    wrong = {
        "another challenge": (presented(made, challenge="abd", domain="verifier.example"), asked),
        "another domain": (presented(made, challenge="abc", domain="other.example"), asked),
        "no challenge": (presented(made), asked),
        "an altered credential": (presented(altered, **asked), asked),
        "a credential without proof": (presented(unsigned("did:web:localhost%3A8101"), **asked), asked),
        "a credential that is a text": (presented(made, **asked) | {"verifiableCredential": ["text"]}, asked),
        "another credential after signing": ({**good, "verifiableCredential": [altered]}, asked),
        "another holder": (presented(made, holder=LEARNER, **asked), asked),
        "a holder that is no URL": ({**good, "holder": "somebody"}, asked),
        "another purpose": (presented(made, purpose="assertionMethod", **asked), asked),
        "no proof": ({name: value for name, value in good.items() if name != "proof"}, asked),
        "no type": ({name: value for name, value in good.items() if name != "type"}, asked),
        "another type": ({**good, "type": ["VerifiableCredential"]}, asked),
        "no context": ({name: value for name, value in good.items() if name != "@context"}, asked),
        "another context": ({**good, "@context": ["https://somewhere.example/context"]}, asked),
        "an undefined term": ({**good, "madeUp": "x"}, asked),
    }
    told = {fault: await verified(served, document, **options) for fault, (document, options) in wrong.items()}
    assert {
        fault for fault, (status, is_verified, errors) in told.items() if status != 400 or is_verified or not errors
    } == set()


async def test_who_presents_what_they_issued_themselves_is_named_as_its_holder(served: Served) -> None:
    """VC Data Model 2.0, section 4.13.4: with a proof of its own, or with that of the presentation alone."""
    own = unsigned(HOLDER_DID)
    signed = resigned(own, purpose="assertionMethod")
    for credential in (own, signed):
        assert await verified(served, presented(credential)) == (200, True, [])
        for wrong in (
            presented(credential, holder=None),
            presented(credential, holder=LEARNER),
            presented({**credential, "issuer": LEARNER}),
        ):
            assert (await verified(served, wrong))[:2] == (400, False)


@pytest.mark.parametrize("presentation", [None, "text", 5, [], {}])
async def test_what_is_no_presentation_does_not_verify(served: Served, presentation: Any) -> None:
    status, answer = await post(served, "/presentations/verify", {"verifiablePresentation": presentation})
    assert (status, answer["verified"]) == (400, False)


async def test_a_token_is_a_credential_like_any_other_and_a_changed_one_is_none(served: Served) -> None:
    for key in ("ed25519", "p256", "p384"):
        made = await issued(served, {"name": f"vc-jwt-{key}", "did": "did:web:localhost%3A8101"})
        assert (made["type"], set(made)) == (["EnvelopedVerifiableCredential"], {"@context", "id", "type"})
        status, answer = await post(served, "/credentials/verify", {"verifiableCredential": made})
        assert (status, answer["verified"], answer["errors"]) == (200, True, [])
        head, payload, signature = made["id"].rpartition(",")[2].split(".")
        other = await issued(
            served, {"name": f"vc-jwt-{key}-did-key", "did": await did_of(served, f"vc-jwt-{key}-did-key")}
        )
        for token in (
            ".".join((head, other["id"].split(".")[1], signature)),
            ".".join((head, payload, signature[:-4] + "AAAA")),
            ".".join((head, payload, "")),
            ".".join((head, payload)),
            "text",
        ):
            altered = {**made, "id": f"data:application/vc+jwt,{token}"}
            status, answer = await post(served, "/credentials/verify", {"verifiableCredential": altered})
            assert (status, answer["verified"]) == (400, False)
        for altered in (
            {**made, "id": made["id"].replace("vc+jwt", "vp+jwt")},
            {**made, "id": made["id"].replace("data:", "https:")},
            {**made, "type": ["VerifiableCredential"]},
            {**made, "@context": []},
            {**made, "name": "x"},
        ):
            status, answer = await post(served, "/credentials/verify", {"verifiableCredential": altered})
            assert (status, answer["verified"]) == (400, False)


async def did_of(served: Served, name: str) -> str:
    return next(instance["did"] for instance in await instances(served) if instance["name"] == name)


async def test_tokens_and_proofs_stand_side_by_side_in_a_presentation_of_either_form(served: Served) -> None:
    token = await issued(served, {"name": "vc-jwt-ed25519", "did": "did:web:localhost%3A8101"})
    made = await issued(served, plain(await instances(served)))
    asked = {"challenge": "abc", "domain": "verifier.example"}
    assert await verified(served, presented(made, token, **asked), **asked) == (200, True, [])
    shown = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER_DID,
        "verifiableCredential": [made, token],
        "nonce": "abc",
        "aud": "verifier.example",
    }
    signer = HOLDER.named(f"{HOLDER_DID}#{HOLDER_DID.removeprefix('did:key:')}")

    def sealed(document: dict[str, Any]) -> dict[str, Any]:
        return wrap(sign_compact(document, signer, typ="vp+jwt", header={"cty": "vp"}), Kind.VP_JWT)

    enveloped = sealed(shown)
    assert await verified(served, enveloped, **asked) == (200, True, [])
    assert (await verified(served, enveloped, challenge="abd"))[:2] == (400, False)
    assert (await verified(served, enveloped, domain="other.example"))[:2] == (400, False)
    stolen = sealed({**shown, "holder": LEARNER})
    assert (await verified(served, stolen, **asked))[:2] == (400, False)
    broken = {**token, "id": token["id"][:-4] + "AAAA"}
    hidden = sealed({**shown, "verifiableCredential": [made, broken]})
    assert (await verified(served, hidden, **asked))[:2] == (400, False)


async def status_of(served: Served, credential: dict[str, Any]) -> list[str]:
    """What a verification that asks for status finds against a credential, once its lists are there."""

    async def look() -> list[str] | None:
        body = {"verifiableCredential": credential, "options": {"checks": ["credentialStatus"]}}
        status, answer = await post(served, "/credentials/verify", body)
        found = [error["title"] for error in answer["errors"]]
        assert (status == 200) is (found == [])
        return None if any("could-not-tell" in error["type"] for error in answer["errors"]) else found

    return await wait_until("the lists to be published", look)


async def set_status(served: Served, credential_id: str, purpose: str, value: Any) -> int:
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": purpose}
    body = {"credentialId": credential_id, "credentialStatus": entry, "status": value}
    return (await post(served, "/credentials/status", body))[0]


async def test_a_status_is_set_and_cleared_and_a_revocation_is_for_good(served: Served) -> None:
    id_ = "urn:uuid:3c0d5f4a-6c2d-4b1e-9d0a-5a2f6b7c8d9e"
    name = "ecdsa-rdfc-2019-p256-status"
    credential = unsigned("did:web:localhost%3A8101", id=id_)
    status, made = await post(served, f"/{name}/credentials/issue", {"credential": credential})
    assert status == 201
    entries = made["credentialStatus"]
    assert [entry["statusPurpose"] for entry in entries] == ["revocation", "suspension"]
    assert len({entry["statusListCredential"] for entry in entries}) == 2
    assert len({entry["statusListIndex"] for entry in entries}) == 2
    assert await status_of(served, made) == []

    assert await set_status(served, id_, "suspension", True) == 200
    await wait_until("it to be suspended", lambda: says(served, made, ["status: suspension"]))
    assert await set_status(served, id_, "suspension", False) == 200
    await wait_until("it to be reinstated", lambda: says(served, made, []))
    assert await set_status(served, id_, "revocation", True) == 200
    await wait_until("it to be revoked", lambda: says(served, made, ["status: revocation"]))
    assert await set_status(served, id_, "revocation", False) == 400, "a revocation is for good"
    assert await set_status(served, id_, "revocation", True) == 200, "it is so already"
    assert await set_status(served, id_, "message", True) == 404
    assert await set_status(served, "urn:uuid:0", "revocation", True) == 404
    assert await set_status(served, id_, "revocation", "yes") == 400
    status, _ = await post(served, f"/{name}/credentials/issue", {"credential": credential})
    assert status == 409, "an id stands for one credential"
    for body in ({}, {"credentialId": id_}, {"credentialId": 5, "credentialStatus": {}, "status": True}):
        assert (await post(served, "/credentials/status", body))[0] == 400


async def says(served: Served, credential: dict[str, Any], found: list[str]) -> bool:
    return await status_of(served, credential) == found
