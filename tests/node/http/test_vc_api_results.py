"""What the VC-API gives back when it is asked to, and the challenges that it hands out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.services import challenges
from node.settings import load_settings
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from tests.support.badges import key_of
from tests.support.nodes import wait_until
from tests.support.served import DID, Served, make_node, served_node

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
COULD_NOT_TELL = "https://w3id.org/ler-exchange/problems/could-not-tell"
HOLDER = key_of("did:web:learner.example")
HOLDER_DID = did_key(HOLDER.public)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vc-api-results") / "node"
    make_node(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(data: Path) -> AsyncIterator[Served]:
    async with served_node(load_settings(data, vc_api={"open": True})) as node:
        yield node


async def post(served: Served, path: str, body: Any) -> tuple[int, Any]:
    async with served.client.post(f"/vc-api{path}", json=body) as response:
        return response.status, await response.json()


async def issued(served: Served, path: str = "/credentials/issue", **changes: Any) -> dict[str, Any]:
    credential = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "credentialSubject": {"name": "Somebody"},
        **changes,
    }
    status, made = await post(served, path, {"credential": credential})
    assert status == 201, made
    return made


async def verified(served: Served, credential: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    return await post(served, "/credentials/verify", {"verifiableCredential": credential, "options": options})


def presented(*credentials: Any, **asked: str) -> dict[str, Any]:
    document = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER_DID,
        "verifiableCredential": list(credentials),
    }
    signer = HOLDER.named(f"{HOLDER_DID}#{HOLDER_DID.removeprefix('did:key:')}")
    options: dict[str, Any] = {"signer": signer, "purpose": "authentication", "created": datetime.now(UTC)}
    return add_proof(document, suite="eddsa-rdfc-2022", **options, **asked)


async def shown(served: Served, presentation: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    return await post(served, "/presentations/verify", {"verifiablePresentation": presentation, "options": options})


async def test_results_are_told_for_each_part_of_a_credential_and_only_when_asked_for(served: Served) -> None:
    made = await issued(served, validFrom="2024-01-01T00:00:00Z", validUntil="2024-02-01T00:00:00Z")
    _, answer = await verified(served, made)
    assert "results" not in answer
    status, answer = await verified(served, made, returnResults=True)
    assert (status, answer["verified"]) == (200, True), "its dates are a warning unless they were asked for"
    assert answer["results"] == {
        "validFrom": {"verified": True, "input": "2024-01-01T00:00:00Z"},
        "validUntil": {"verified": False, "input": "2024-02-01T00:00:00Z"},
        "proof": [{"verified": True, "input": made["proof"], "problemDetails": []}],
    }


async def test_a_status_and_a_schema_have_results_of_their_own(served: Served) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "5",
        "statusListCredential": "https://nowhere.invalid/status/1",
    }
    schema = {"id": "https://nowhere.invalid/schema.json", "type": "JsonSchema"}
    made = await issued(served, credentialStatus=entry, credentialSchema=schema)
    status, answer = await verified(served, made, returnResults=True)
    assert (status, sorted(answer["results"])) == (200, ["credentialSchema", "credentialStatus", "proof"])
    [of_status], [of_schema] = answer["results"]["credentialStatus"], answer["results"]["credentialSchema"]
    assert (of_status["verified"], of_status["input"]) == (False, entry)
    assert [problem["type"] for problem in of_status["problemDetails"]] == [COULD_NOT_TELL]
    assert (of_schema["verified"], of_schema["input"]) == (False, schema)
    assert [problem["type"] for problem in of_schema["problemDetails"]] == [COULD_NOT_TELL], "it was not looked at"


async def test_a_status_that_is_read_has_its_value(served: Served) -> None:
    made = await issued(served, "/eddsa-rdfc-2022-ed25519-status/credentials/issue", id="urn:uuid:1")

    async def read() -> list[dict[str, Any]] | None:
        _, answer = await verified(served, made, returnResults=True)
        found = answer["results"]["credentialStatus"]
        return found if all("value" in item for item in found) else None

    found = await wait_until("the lists to be published", read)
    assert [(item["verified"], item["value"], item["input"]) for item in found] == [
        (True, 0, entry) for entry in made["credentialStatus"]
    ]


async def test_a_proof_that_does_not_hold_says_so_in_its_place(served: Served) -> None:
    made = await issued(served)
    made["proof"] = [made["proof"], {**made["proof"], "created": "2020-01-01T00:00:00Z"}]
    status, answer = await verified(served, made, returnResults=True)
    assert (status, [proof["verified"] for proof in answer["results"]["proof"]]) == (400, [True, False])
    assert answer["results"]["proof"][1]["input"] == made["proof"][1]
    assert answer["results"]["proof"][1]["problemDetails"][0]["detail"].startswith("The signature does not fit")


async def test_a_token_is_its_own_proof(served: Served) -> None:
    made = await issued(served, "/vc-jwt-ed25519/credentials/issue", validFrom="2024-01-01T00:00:00Z")
    _, answer = await verified(served, made, returnResults=True, returnCredential=True)
    assert (answer["credential"], answer["results"]) == (
        made,
        {
            "validFrom": {"verified": True, "input": "2024-01-01T00:00:00Z"},
            "proof": [{"verified": True, "input": made, "problemDetails": []}],
        },
    )


async def test_a_presentation_has_results_of_its_own_and_of_each_credential_in_it(served: Served) -> None:
    good = await issued(served, id="urn:uuid:2")
    bad = {**await issued(served, id="urn:uuid:3"), "credentialSubject": {"name": "Somebody else"}}
    presentation = presented(good, bad, challenge="abc", domain="verifier.example")
    asked = {"challenge": "abc", "domain": "verifier.example"}
    status, answer = await shown(served, presentation, **asked, returnResults=True)
    assert (status, answer["verified"], "verifiablePresentation" in answer) == (400, False, False)
    assert answer["results"]["presentation"] == {
        "challenge": {"verified": True, "input": "abc"},
        "domain": {"verified": True, "input": "verifier.example"},
        "holder": {"verified": True, "input": HOLDER_DID},
        "proof": [{"verified": True, "input": presentation["proof"], "problemDetails": []}],
    }
    first, second = answer["results"]["credentials"]
    assert (first, second["verified"], "credential" in second) == (
        {
            "verified": True,
            "problemDetails": [],
            "results": {"proof": [{"verified": True, "input": good["proof"], "problemDetails": []}]},
        },
        False,
        False,
    )
    assert [problem["credential"] for problem in second["problemDetails"]] == ["/verifiableCredential/1"] * 2

    _, answer = await shown(served, presentation, **asked, returnResults=True, returnCredential=True)
    assert [item["credential"] for item in answer["results"]["credentials"]] == [good, bad]
    _, answer = await shown(served, presentation, **asked, returnPresentation=True)
    assert (answer["verifiablePresentation"], "results" in answer) == (presentation, False)


async def test_another_challenge_is_not_verified_in_the_results(served: Served) -> None:
    presentation = presented(await issued(served), challenge="abd")
    status, answer = await shown(served, presentation, challenge="abc", returnResults=True)
    own = answer["results"]["presentation"]
    assert (status, own["challenge"], own["proof"][0]["verified"]) == (400, {"verified": False, "input": "abc"}, False)
    assert "another challenge" in own["proof"][0]["problemDetails"][0]["detail"]


async def test_problems_are_left_out_for_whoever_does_not_want_them(served: Served) -> None:
    made = {**await issued(served), "credentialSubject": {"name": "Somebody else"}}
    status, answer = await verified(served, made, returnProblemDetails=False)
    assert (status, sorted(answer)) == (400, ["report", "verified"])
    _, answer = await verified(served, made, returnProblemDetails=True)
    assert answer["problemDetails"] == answer["errors"] != []


@pytest.mark.parametrize("option", ["returnResults", "returnCredential", "returnPresentation", "returnProblemDetails"])
async def test_an_option_that_is_no_truth_value_is_a_bad_request(served: Served, option: str) -> None:
    status, answer = await verified(served, await issued(served), **{option: "true"})
    assert (status, answer["verified"]) == (400, False)
    assert answer["errors"][0]["detail"] == f"{option} is not a truth value (found: true) (expected: true or false)"


async def challenge_from(served: Served) -> str:
    async with served.client.post("/vc-api/challenges") as response:
        assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
        answer = await response.json()
    assert list(answer) == ["challenge"]
    return answer["challenge"]


async def test_a_challenge_is_good_once(served: Served) -> None:
    challenge = await challenge_from(served)
    assert challenge != await challenge_from(served)
    presentation = presented(await issued(served), challenge=challenge)
    assert (await shown(served, presentation, challenge=challenge))[0] == 200
    status, answer = await shown(served, presentation, challenge=challenge)
    assert (status, answer["verified"]) == (400, False)
    assert answer["errors"][0]["detail"] == (
        "a challenge that is not good (found: used before, or not handed out since the node started)"
        " (expected: one that was not used yet, at most 10 minutes old)"
    )


async def test_a_challenge_is_used_up_by_a_presentation_that_fails_and_by_a_credential(served: Served) -> None:
    made = await issued(served)
    first, second = await challenge_from(served), await challenge_from(served)
    assert (await shown(served, presented(made, challenge="other"), challenge=first))[0] == 400
    assert (await shown(served, presented(made, challenge=first), challenge=first))[0] == 400
    assert (await verified(served, made, challenge=second))[0] == 200
    assert (await shown(served, presented(made, challenge=second), challenge=second))[0] == 400


async def test_a_challenge_is_not_used_up_by_a_call_that_is_refused_for_its_form(served: Served) -> None:
    challenge = await challenge_from(served)
    assert (await shown(served, "text", challenge=challenge))[0] == 400
    assert (await shown(served, presented(await issued(served), challenge=challenge), challenge=challenge))[0] == 200


async def test_a_challenge_is_too_old_after_ten_minutes_and_an_invented_one_never_was_good(served: Served) -> None:
    made, challenge = await issued(served), await challenge_from(served)
    invented = f"{challenges.PREFIX}AAAA"
    assert (await shown(served, presented(made, challenge=invented), challenge=invented))[0] == 400
    served.clock.advance(timedelta(minutes=10))
    status, answer = await shown(served, presented(made, challenge=challenge), challenge=challenge)
    assert (status, "too old" in answer["errors"][0]["detail"]) == (400, True)


async def test_no_more_challenges_wait_than_there_is_room_for_and_none_is_forgotten_for_another(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.clock.advance(timedelta(hours=1))
    monkeypatch.setattr(challenges, "MOST", 2)
    first, _ = await challenge_from(served), await challenge_from(served)
    async with served.client.post("/vc-api/challenges") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "600")
    served.services.vc_api_verifier.challenges.use(first)
    await challenge_from(served)
    served.clock.advance(timedelta(minutes=11))
    await challenge_from(served)


async def test_challenges_are_for_verifiers_and_ask_for_nothing(data: Path, served: Served) -> None:
    for body, status in ((b"", 200), (b"{}", 200), (b'{"a": 1}', 400), (b"[]", 400), (b"text", 400)):
        async with served.client.post("/vc-api/challenges", data=body) as response:
            assert response.status == status
    async with served_node(load_settings(data)) as closed:
        async with closed.client.post("/vc-api/challenges") as response:
            assert response.status == 401
        async with closed.client.post("/vc-api/challenges", headers=closed.bearer) as response:
            assert response.status == 200
