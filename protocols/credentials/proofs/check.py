"""Checking every proof of a document, each with its reason.

Step 4 of the numbered check of a credential. Pure and picklable in and out: it runs in a worker process.

Specs: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains,
https://www.w3.org/TR/cid-1.0/#retrieve-verification-method
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from protocols.credentials.canonical import USUAL, Reading
from protocols.credentials.contexts import ContextUnknown
from protocols.credentials.proofs.authority import (
    Answer,
    Expected,
    check_asked,
    check_times,
    expected_of,
    short,
    signing_method,
    unreadable,
)
from protocols.credentials.proofs.create import proofs_of, secured_part
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.proofs.suite import suite_of, suites
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import parse_time
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

MAX_PROOFS = 8


def check_proofs(
    document: JsonObject,
    documents: Mapping[str, DidDocument],
    *,
    purpose: str,
    now: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
    expected_controller: str | None,
    seen_at: Mapping[str, datetime] | None = None,
    reading: Reading = USUAL,
) -> tuple[ProofResult, ...]:
    """One result for each proof, in the document's order; a document without proof has one result that says so.

    Never raises for what a stranger sent.

    Args:
        documents: resolved DID documents by DID; one that is missing makes the answer "could not tell".
        purpose: the relationship the key must stand in: assertionMethod for credentials, authentication for
            presentations.
        challenge: what the proof must repeat, None where nothing was asked.
        domain: likewise; the same set of strings is needed, a single string being a set of one.
        expected_controller: whose key it must be: the issuer of a credential, the holder of a presentation. None
            takes any controller's key, and whoever calls decides what that is worth.
        seen_at: when documents were fetched that may have changed since, by DID: a key that is missing there from a
            proof made later is "could not tell".
    """
    expected = expected_of(
        purpose=purpose,
        now=now,
        challenge=challenge,
        domain=domain,
        controller=expected_controller,
        seen_at=seen_at,
    )
    proofs = proofs_of(document)
    if not proofs:
        return (_result({}, Answer(Outcome.NO, "The document carries no proof.")),)
    if len(proofs) > MAX_PROOFS:
        return (_result({}, Answer(Outcome.NO, f"The document carries more than {MAX_PROOFS} proofs.")),)
    results = tuple(_check(document, proof, proofs, documents, expected, reading) for proof in proofs)
    return _with_chains(proofs, results)


def _check(
    document: JsonObject,
    proof: object,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: Expected,
    reading: Reading,
) -> ProofResult:
    options = as_object(proof)
    if options is None:
        return _result({}, Answer(Outcome.NO, "The proof is not an object."))
    try:
        _check_signature(document, options, proofs, documents, expected, reading)
    except Answer as answer:
        return _result(options, answer)
    except ContextUnknown as error:
        return _result(options, Answer(Outcome.COULD_NOT_TELL, unreadable(error)))
    except ProtocolError as error:
        return _result(options, Answer(Outcome.NO, unreadable(error)))
    return _result(options, Answer(Outcome.YES, "The signature fits the document, and the key may sign this."))


def _check_signature(
    document: JsonObject,
    proof: JsonObject,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: Expected,
    reading: Reading,
) -> None:
    suite = suite_of(proof)
    if suite is None:
        raise Answer(
            Outcome.COULD_NOT_TELL,
            f"The proof is of type {_suite_name(proof)}, known are {', '.join(sorted(suites()))}.",
        )
    _check_options(proof, expected)
    created = _time(proof, "created")
    method = signing_method(proof.get("verificationMethod"), created, documents, expected)
    check_times(created, _time(proof, "expires"), method, expected.now)
    if method.key.crv not in suite.curves:
        raise Answer(Outcome.NO, f"The key is of curve {method.key.crv}, which {suite.name} does not use.")
    if not suite.verify(secured_part(document, proof, proofs), proof, method.key, reading):
        raise Answer(Outcome.NO, "The signature does not fit: the document or the proof was changed after signing.")


def _check_options(proof: JsonObject, expected: Expected) -> None:
    if proof.get("proofPurpose") != expected.purpose:
        raise Answer(Outcome.NO, f"The proof was made for another purpose than {expected.purpose}.")
    check_asked(proof.get("challenge"), proof.get("domain"), expected)


def _with_chains(proofs: Sequence[object], results: tuple[ProofResult, ...]) -> tuple[ProofResult, ...]:
    """A proof that builds on one that does not hold does not hold either."""
    pairs = [(as_object(proof) or {}, result) for proof, result in zip(proofs, results, strict=True)]
    by_id = {id_: result for proof, result in pairs if (id_ := as_text(proof.get("id")))}
    return tuple(_chained(proof, result, by_id) for proof, result in pairs)


def _chained(proof: JsonObject, result: ProofResult, by_id: Mapping[str, ProofResult]) -> ProofResult:
    if result.outcome is not Outcome.YES:
        return result
    for id_ in map(str, many(proof.get("previousProof"))):
        previous = by_id.get(id_)
        if previous is not None and previous.outcome is not Outcome.YES:
            return replace(result, outcome=previous.outcome, reason=f"It builds on another proof: {previous.reason}")
    return result


def _result(proof: JsonObject, answer: Answer) -> ProofResult:
    try:
        created = _time(proof, "created")
    except ProtocolError:
        created = None
    return ProofResult(
        suite=_suite_name(proof),
        verification_method=str(proof.get("verificationMethod", ""))[:2048],
        purpose=str(proof.get("proofPurpose", ""))[:80],
        created=created,
        outcome=answer.outcome,
        reason=answer.reason,
    )


def _suite_name(proof: JsonObject) -> str:
    suite = suite_of(proof)
    return suite.name if suite else short(str(proof.get("cryptosuite") or proof.get("type") or "none"))


def _time(proof: JsonObject, name: str) -> datetime | None:
    return parse_time(proof[name], name, offset_required=False) if proof.get(name) is not None else None
