"""The legacy engine, contained: what it is asked, what it is never asked, and that it reaches nobody."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.legacy_check import refusals
from node.clock import entropy
from node.metrics import Metrics
from protocols.dids.multiformats import encode_multikey
from protocols.errors import TooLarge
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey
from tests.support.loopback import canary

KEY = PrivateKey.generate("Ed25519", entropy)
DID = f"did:key:{encode_multikey(KEY.public)}"
V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIAL: JsonObject = {
    "@context": [V1],
    "type": ["VerifiableCredential"],
    "issuer": DID,
    "issuanceDate": "2020-08-19T21:41:50Z",
    "credentialSubject": {"id": "did:example:learner"},
}
PROOF: JsonObject = {
    "type": "Ed25519Signature2018",
    "proofPurpose": "assertionMethod",
    "verificationMethod": f"{DID}#{DID[8:]}",
}
SUITES = ["Ed25519Signature2018", "Ed25519Signature2020"]

needs_didkit = pytest.mark.skipif(sys.version_info >= (3, 13), reason="didkit has no build for this Python")


@asynccontextmanager
async def engine(**options: Any) -> AsyncIterator[Didkit]:
    pool = didkit_pool(Metrics(), **options)
    try:
        yield Didkit(pool)
    finally:
        await pool.close()


async def signed(didkit: Didkit, suite: str = SUITES[0], **changes: Any) -> JsonObject:
    return await didkit.issue({**CREDENTIAL, **changes}, suite=suite, seed_jwk=KEY.to_jwk())


@needs_didkit
@pytest.mark.parametrize("suite", SUITES)
async def test_a_vc_1_1_credential_of_a_did_key_is_checked(suite: str) -> None:
    async with engine() as didkit:
        credential = await signed(didkit, suite)

        assert credential["proof"]["type"] == suite
        assert await didkit.verify_credential_1_1(credential) == {"available": True, "checked": ["proof"], "errors": []}


@needs_didkit
@pytest.mark.parametrize("suite", SUITES)
async def test_a_changed_credential_has_errors_and_no_exception(suite: str) -> None:
    async with engine() as didkit:
        credential = await signed(didkit, suite)
        for change in ({"issuanceDate": "2021-08-19T21:41:50Z"}, {"credentialSubject": {"id": "did:example:thief"}}):
            answer = await didkit.verify_credential_1_1({**credential, **change})
            assert (answer["available"], len(answer["errors"])) == (True, 1)


@needs_didkit
async def test_a_term_that_was_never_signed_is_an_error() -> None:
    async with engine() as didkit:
        credential = await signed(didkit)
        subject = {**credential["credentialSubject"], "degree": "Doctor of everything"}

        answer = await didkit.verify_credential_1_1({**credential, "credentialSubject": subject})

    assert (answer["available"], answer["checked"], len(answer["errors"])) == (True, [], 1)


@needs_didkit
async def test_the_engine_itself_reaches_nobody_whatever_it_is_given() -> None:
    async with canary() as bird, engine() as didkit:
        host = f"did:web:localhost%3A{bird.port}"
        document = {**CREDENTIAL, "issuer": host, "proof": {**PROOF, "verificationMethod": f"{host}#k", "jws": "a..b"}}

        answer = await didkit.pool.call("verify", {"credential": document})

        await asyncio.sleep(0.05)
        assert answer["errors"]
        assert bird.hits == 0


@needs_didkit
async def test_a_poisoned_document_is_stopped_even_past_the_check() -> None:
    names = [f"_:b{number}" for number in range(9)]
    nodes = [{"id": name, "type": "VerifiableCredential", "evidence": [{"id": n} for n in names]} for name in names]
    async with engine(timeout_s=0.5) as didkit:
        credential = await signed(didkit)
        poisoned = {**credential, "evidence": nodes}
        started = time.perf_counter()

        answer = await didkit.verify_credential_1_1(poisoned)

        assert time.perf_counter() - started < 0.4
        assert answer == {
            "available": False,
            "checked": [],
            "errors": ["not given to the legacy engine: it names blank nodes"],
        }
        assert (await didkit.verify_credential_1_1(credential))["errors"] == []


@needs_didkit
async def test_an_engine_that_takes_too_long_gave_no_answer() -> None:
    async with engine() as patient:
        credential = await signed(patient)
    async with engine(timeout_s=0.0001) as didkit:
        answer = await didkit.verify_credential_1_1(credential)
    assert (answer["available"], answer["checked"]) == (False, [])
    assert answer["errors"] == ["the legacy engine gave no answer: the engine was stopped after 0.0001 s"]


def test_what_the_engine_is_made_for_passes_the_check() -> None:
    assert refusals({**CREDENTIAL, "proof": PROOF}) == []
    assert refusals({**CREDENTIAL, "issuer": {"id": DID, "name": "N"}, "proof": [PROOF]}) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, "its first context is not that of VC 1.1"),
        ({"@context": [V1, "https://evil.example/context"]}, "it uses a context that is not known here"),
        ({"@context": [V1, {"name": "https://evil.example/name"}]}, "it uses a context that is not known here"),
        ({"@context": None}, "its first context is not that of VC 1.1"),
        ({"credentialSubject": {"@context": V1}}, "it changes its context inside"),
        ({"proof": {**PROOF, "@context": "https://evil.example/"}}, "it uses a context that is not known here"),
        ({"credentialSubject": {"id": "_:b0"}}, "it names blank nodes"),
        ({"credentialSubject": [{}] * 65}, "it has more than 64 objects without id"),
        ({"credentialSubject": {"@graph": []}}, "it uses JSON-LD keywords"),
        ({"issuer": "did:web:a.example"}, "its issuer is not a did:key, did:jwk or did:pkh"),
        ({"issuer": "https://a.example"}, "its issuer is not a did:key, did:jwk or did:pkh"),
        ({"issuer": None}, "its issuer is not a did:key, did:jwk or did:pkh"),
        ({"proof": None}, "it has not exactly one proof"),
        ({"proof": [PROOF, PROOF]}, "it has not exactly one proof"),
        ({"proof": {**PROOF, "type": "DataIntegrityProof"}}, "its proof is of a type that is not known here"),
        ({"proof": {**PROOF, "proofPurpose": "authentication"}}, "its proof was made for another purpose"),
        (
            {"proof": {**PROOF, "verificationMethod": "did:web:a.example#k"}},
            "its proof names a key that is not its issuer's",
        ),
        ({"proof": {**PROOF, "verificationMethod": 1}}, "its proof names a key that is not its issuer's"),
    ],
)
def test_what_the_engine_is_not_given(change: JsonObject, reason: str) -> None:
    assert refusals({**CREDENTIAL, "proof": PROOF, **change}) == [reason]


def test_what_is_too_large_or_too_deep_is_refused_before_it_is_looked_at() -> None:
    deep: JsonObject = {}
    for _ in range(40):
        deep = {"evidence": deep}
    for change in ({"credentialSubject": {"id": "a" * 262_144}}, {"credentialSubject": deep}):
        with pytest.raises(TooLarge):
            refusals({**CREDENTIAL, "proof": PROOF, **change})


async def test_on_a_python_without_the_library_the_answer_is_that_it_was_not_checked() -> None:
    code = (
        "import sys; sys.version_info = (3, 13, 0)\n"
        "from node.adapters.didkit_worker import _Engine\n"
        "from node.adapters.worker_main import serve\n"
        "engine = _Engine()\n"
        "serve({'verify': engine.verify}, open_jobs=engine.load)\n"
    )
    async with engine(argv=(sys.executable, "-c", code)) as didkit:
        answer = await didkit.verify_credential_1_1({**CREDENTIAL, "proof": PROOF})
    assert answer == {
        "available": False,
        "checked": [],
        "errors": ["the legacy engine gave no answer: not available on this Python"],
    }
