"""Proofs checked in another process give what they give in this one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from node.adapters.proof_worker import ProofChecker, proof_pool
from node.clock import entropy
from node.metrics import Metrics
from protocols.credentials.proofs import ProofResult, add_proof, check_proofs
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = PrivateKey.generate("Ed25519", entropy)
MULTIKEY = encode_multikey(KEY.public)
WEB = "did:web:college.example"
CREDENTIAL: JsonObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": WEB,
    "credentialSubject": {"id": "did:example:learner"},
}


def web_document() -> DidDocument:
    kid = f"{WEB}#issue-1"
    method = {"id": kid, "type": "Multikey", "controller": WEB, "publicKeyMultibase": MULTIKEY}
    return parse_document({"id": WEB, "verificationMethod": [method], "assertionMethod": [kid]}, WEB)


def signed(document: JsonObject, suite: str, kid: str) -> JsonObject:
    return add_proof(document, suite=suite, signer=KEY.named(kid), purpose="assertionMethod", created=NOW)


@asynccontextmanager
async def checking(**options: Any) -> AsyncIterator[ProofChecker]:
    pool = proof_pool(Metrics(), **options)
    try:
        yield ProofChecker(pool)
    finally:
        await pool.close()


async def test_the_worker_answers_as_the_function_does() -> None:
    did = f"did:key:{MULTIKEY}"
    key_document = resolve_offline(did)
    assert key_document is not None
    documents = {WEB: web_document(), did: key_document}
    good = [signed(CREDENTIAL, suite, f"{WEB}#issue-1") for suite in ("eddsa-jcs-2022", "eddsa-rdfc-2022")]
    by_key = signed({**CREDENTIAL, "issuer": did}, "eddsa-jcs-2022", f"{did}#{MULTIKEY}")
    cases: list[tuple[JsonObject, dict[str, Any]]] = [
        *((credential, {"expected_controller": WEB}) for credential in good),
        (by_key, {"expected_controller": did}),
        (good[0], {"expected_controller": did}),
        ({**good[0], "issuer": "did:web:other.example"}, {"expected_controller": WEB}),
        (signed(good[0], "eddsa-rdfc-2022", f"{WEB}#issue-1"), {"expected_controller": None}),
        (CREDENTIAL, {"expected_controller": WEB}),
        (good[0], {"expected_controller": WEB, "challenge": "c", "domain": ["d", "e"]}),
        (good[0], {"expected_controller": WEB, "now": NOW - timedelta(days=1)}),
        (
            {**good[0], "proof": {"type": "Unknown2030", "created": "2026-11-24T12:00:00Z"}},
            {"expected_controller": WEB},
        ),
    ]

    async with checking() as checker:
        for document, options in cases:
            given = {"purpose": "assertionMethod", "now": NOW, **options}
            assert await checker.check(document, documents, **given) == check_proofs(document, documents, **given)

    outcomes = [
        check_proofs(case[0], documents, **{"purpose": "assertionMethod", "now": NOW, **case[1]}) for case in cases
    ]
    assert [result[0].outcome.value for result in outcomes[:4]] == ["yes", "yes", "yes", "no"]


async def test_a_document_that_is_not_there_could_not_be_told() -> None:
    async with checking() as checker:
        (result,) = await checker.check(
            signed(CREDENTIAL, "eddsa-jcs-2022", f"{WEB}#issue-1"),
            {},
            purpose="assertionMethod",
            now=NOW,
            expected_controller=WEB,
        )
    assert result.outcome is Outcome.COULD_NOT_TELL


async def test_a_check_that_was_stopped_could_not_be_told_and_says_so() -> None:
    async with checking(timeout_s=0.001) as checker:
        results = await checker.check(
            signed(CREDENTIAL, "eddsa-rdfc-2022", f"{WEB}#issue-1"),
            {WEB: web_document()},
            purpose="assertionMethod",
            now=NOW,
            expected_controller=WEB,
        )
    assert results == (
        ProofResult(
            suite="unknown",
            verification_method="",
            purpose="",
            created=None,
            outcome=Outcome.COULD_NOT_TELL,
            reason="The check of the proofs did not end: the engine was stopped after 0.001 s.",
        ),
    )


async def test_a_document_too_large_for_the_worker_could_not_be_told() -> None:
    async with checking() as checker:
        (result,) = await checker.check(
            {**CREDENTIAL, "name": "a" * 9_000_000}, {}, purpose="assertionMethod", now=NOW, expected_controller=None
        )
    assert result.outcome is Outcome.COULD_NOT_TELL
    assert result.reason == "The proofs cannot be checked: a job too large for a worker."
