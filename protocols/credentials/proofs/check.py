"""Checking every proof of a document, each with its reason.

Step 4 of the numbered check of a credential. Pure and picklable in and out: it runs in a worker process.

Specs: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains,
https://www.w3.org/TR/cid-1.0/#retrieve-verification-method
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from protocols.credentials.canonical import USUAL, Reading
from protocols.credentials.contexts import ContextUnknown
from protocols.credentials.proofs.authority import (
    CLOCK_SKEW,
    Answer,
    Expected,
    authorised_method,
    check_key_dates,
    check_leaked_key,
    out_of_use,
    short,
)
from protocols.credentials.proofs.create import proofs_of, secured_part
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.proofs.suite import suite_of, suites
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time, parse_time
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, digest
from protocols.jose.keys import PublicKey

MAX_PROOFS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repeats:
    """What a proof has to repeat: `challenge` and `domain`, None where nothing was asked."""

    challenge: str | None
    domain: frozenset[str] | None


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
    attested: Mapping[str, datetime] | None = None,
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
        attested: since when others than its signer know a signature, by its digest (see `ProofResult`).
    """
    expected = Expected(
        purpose=purpose, now=now, controller=expected_controller, seen_at=seen_at or {}, attested=attested or {}
    )
    domains = None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain)
    repeats = _Repeats(challenge=challenge, domain=domains)
    proofs = proofs_of(document)
    if not proofs:
        return (_result({}, Answer(Outcome.NO, "The document carries no proof.")),)
    if len(proofs) > MAX_PROOFS:
        return (_result({}, Answer(Outcome.NO, f"The document carries more than {MAX_PROOFS} proofs.")),)
    results = tuple(_check(document, proof, proofs, documents, expected, repeats, reading) for proof in proofs)
    return _with_chains(proofs, results)


def signed_digest(document: JsonObject, key: PublicKey, reading: Reading = USUAL) -> str:
    """The digest (see `ProofResult`) of the one proof of a document that `key` just signed.

    Raises:
        ValueError: it did not.
    """
    proofs = proofs_of(document)
    proof = as_object(proofs[0]) if len(proofs) == 1 else None
    suite = None if proof is None else suite_of(proof)
    signed = None
    if proof is not None and suite is not None:
        signed = suite.verify(secured_part(document, proof, proofs), proof, key, reading)
    if signed is None:
        raise ValueError("no single proof by this key")
    return digest(signed)


def _check(
    document: JsonObject,
    proof: object,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: Expected,
    repeats: _Repeats,
    reading: Reading,
) -> ProofResult:
    options = as_object(proof)
    if options is None:
        return _result({}, Answer(Outcome.NO, "The proof is not an object."))
    try:
        return _check_signature(document, options, proofs, documents, expected, repeats, reading)
    except Answer as answer:
        return _result(options, answer)
    except ContextUnknown as error:
        return _result(options, Answer(Outcome.COULD_NOT_TELL, _sentence(error)))
    except ProtocolError as error:
        return _result(options, Answer(Outcome.NO, _sentence(error)))


def _check_signature(
    document: JsonObject,
    proof: JsonObject,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: Expected,
    repeats: _Repeats,
    reading: Reading,
) -> ProofResult:
    """The result for a proof that holds; raises Answer, or ProtocolError, for one that does not."""
    suite = suite_of(proof)
    if suite is None:
        raise Answer(
            Outcome.COULD_NOT_TELL,
            f"The proof is of type {_suite_name(proof)}, known are {', '.join(sorted(suites()))}.",
        )
    _check_options(proof, expected.purpose, repeats)
    created = _time(proof, "created")
    method = authorised_method(proof.get("verificationMethod"), expected, documents, created)
    _check_times(created, _time(proof, "expires"), expected.now)
    check_key_dates(method, created, expected.now)
    if method.key.crv not in suite.curves:
        raise Answer(Outcome.NO, f"The key is of curve {method.key.crv}, which {suite.name} does not use.")
    signed = suite.verify(secured_part(document, proof, proofs), proof, method.key, reading)
    if signed is None:
        raise Answer(Outcome.NO, "The signature does not fit: the document or the proof was changed after signing.")
    attested_at = expected.attested.get(found := digest(signed))
    check_leaked_key(method, expected.now, attested_at)
    return ProofResult(
        suite=suite.name,
        verification_method=proof["verificationMethod"],
        purpose=proof["proofPurpose"],
        created=created,
        outcome=Outcome.YES,
        reason="The signature fits the document, and the key may sign this.",
        digest=found,
        attested_at=attested_at,
        key_until=out_of_use(method),
    )


def _check_options(proof: JsonObject, purpose: str, repeats: _Repeats) -> None:
    if proof.get("proofPurpose") != purpose:
        raise Answer(Outcome.NO, f"The proof was made for another purpose than {purpose}.")
    if repeats.challenge is not None and proof.get("challenge") != repeats.challenge:
        raise Answer(Outcome.NO, "The proof answers another challenge than the one that was set.")
    if repeats.domain is not None:
        found = frozenset(map(str, many(proof.get("domain"))))
        if found != repeats.domain:
            raise Answer(Outcome.NO, "The proof was made for another domain.")


def _check_times(created: datetime | None, expires: datetime | None, now: datetime) -> None:
    if created is not None and created > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, "The proof is dated in the future.")
    if expires is not None and expires <= now:
        raise Answer(Outcome.NO, f"The proof expired at {format_time(expires)}.")


def _with_chains(proofs: Sequence[object], results: tuple[ProofResult, ...]) -> tuple[ProofResult, ...]:
    """A proof that builds on one that does not hold does not hold either."""
    if len(results) == 1:
        return results
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


def _sentence(error: ProtocolError) -> str:
    found = f": {error.found}" if error.found else ""
    return f"The document cannot be read as signed: {error.detail}{found}."
