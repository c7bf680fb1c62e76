"""Checking every proof of a document, each with its reason.

Step 4 of the numbered check of a credential. Pure and picklable in and out: it runs in a worker process.

Specs: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains,
https://www.w3.org/TR/cid-1.0/#retrieve-verification-method
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protocols.credentials.canonical import USUAL, Reading
from protocols.credentials.contexts import ContextUnknown
from protocols.credentials.proofs.create import proofs_of, secured_part
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.proofs.suite import suite_of, suites
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time, parse_time
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

MAX_PROOFS = 8
CLOCK_SKEW = timedelta(minutes=5)
KNOWN_AFTER = timedelta(minutes=2)
"""How long a cache on the way may hold an older DID document back."""


class _Answer(Exception):
    """An answer that ends the check of one proof."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    purpose: str
    now: datetime
    challenge: str | None
    domain: frozenset[str] | None
    controller: str | None
    seen_at: Mapping[str, datetime]


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
    expected = _Expected(
        purpose=purpose,
        now=now,
        challenge=challenge,
        domain=None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain),
        controller=expected_controller,
        seen_at=seen_at or {},
    )
    proofs = proofs_of(document)
    if not proofs:
        return (_result({}, _Answer(Outcome.NO, "The document carries no proof.")),)
    if len(proofs) > MAX_PROOFS:
        return (_result({}, _Answer(Outcome.NO, f"The document carries more than {MAX_PROOFS} proofs.")),)
    results = tuple(_check(document, proof, proofs, documents, expected, reading) for proof in proofs)
    return _with_chains(proofs, results)


def _check(
    document: JsonObject,
    proof: object,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: _Expected,
    reading: Reading,
) -> ProofResult:
    options = as_object(proof)
    if options is None:
        return _result({}, _Answer(Outcome.NO, "The proof is not an object."))
    try:
        _check_signature(document, options, proofs, documents, expected, reading)
    except _Answer as answer:
        return _result(options, answer)
    except ContextUnknown as error:
        return _result(options, _Answer(Outcome.COULD_NOT_TELL, _sentence(error)))
    except ProtocolError as error:
        return _result(options, _Answer(Outcome.NO, _sentence(error)))
    return _result(options, _Answer(Outcome.YES, "The signature fits the document, and the key may sign this."))


def _check_signature(
    document: JsonObject,
    proof: JsonObject,
    proofs: Sequence[object],
    documents: Mapping[str, DidDocument],
    expected: _Expected,
    reading: Reading,
) -> None:
    suite = suite_of(proof)
    if suite is None:
        raise _Answer(
            Outcome.COULD_NOT_TELL,
            f"The proof is of type {_suite_name(proof)}, known are {', '.join(sorted(suites()))}.",
        )
    _check_options(proof, expected)
    method = _method(proof, documents, expected)
    _check_times(proof, method, expected.now)
    if method.key.crv not in suite.curves:
        raise _Answer(Outcome.NO, f"The key is of curve {method.key.crv}, which {suite.name} does not use.")
    if not suite.verify(secured_part(document, proof, proofs), proof, method.key, reading):
        raise _Answer(Outcome.NO, "The signature does not fit: the document or the proof was changed after signing.")


def _check_options(proof: JsonObject, expected: _Expected) -> None:
    if proof.get("proofPurpose") != expected.purpose:
        raise _Answer(Outcome.NO, f"The proof was made for another purpose than {expected.purpose}.")
    if expected.challenge is not None and proof.get("challenge") != expected.challenge:
        raise _Answer(Outcome.NO, "The proof answers another challenge than the one that was set.")
    if expected.domain is not None:
        found = frozenset(map(str, many(proof.get("domain"))))
        if found != expected.domain:
            raise _Answer(Outcome.NO, "The proof was made for another domain.")


def _method(proof: JsonObject, documents: Mapping[str, DidDocument], expected: _Expected) -> VerificationMethod:
    """The key that the proof names, when it is the expected controller's and stands in the relationship."""
    kid = proof.get("verificationMethod")
    if not isinstance(kid, str) or not kid.startswith("did:") or "#" not in kid:
        raise _Answer(Outcome.NO, "The proof does not name its key by a DID URL.")
    owner = kid.partition("#")[0].partition("?")[0]
    if expected.controller is not None and owner != expected.controller:
        raise _Answer(Outcome.NO, f"The key belongs to {_short(owner)}, but {_short(expected.controller)} had to sign.")
    document = documents.get(owner)
    if document is None:
        raise _Answer(Outcome.COULD_NOT_TELL, f"The DID document of {_short(owner)} is not available here.")
    method = document.method(kid)
    seen_at = expected.seen_at.get(owner)
    if method is None and seen_at is not None and (_time(proof, "created") or expected.now) > seen_at - KNOWN_AFTER:
        raise _Answer(
            Outcome.COULD_NOT_TELL,
            f"The key is not in the DID document of {_short(owner)} as fetched at {format_time(seen_at)}; "
            "a key that is newer is not known here yet.",
        )
    if document.id != owner or method is None:
        raise _Answer(Outcome.NO, f"The key is not in the DID document of {_short(owner)}.")
    if method.controller != owner:
        raise _Answer(Outcome.NO, f"The key is controlled by {_short(method.controller)}, not by {_short(owner)}.")
    if document.method(kid, expected.purpose) is None:
        raise _Answer(Outcome.NO, f"The key is not authorised for {expected.purpose}.")
    return method


def _check_times(proof: JsonObject, method: VerificationMethod, now: datetime) -> None:
    created = _time(proof, "created")
    expires = _time(proof, "expires")
    if created is not None and created > now + CLOCK_SKEW:
        raise _Answer(Outcome.NO, "The proof is dated in the future.")
    if expires is not None and expires <= now:
        raise _Answer(Outcome.NO, f"The proof expired at {format_time(expires)}.")
    made = created or now  # a proof without a date is as good as one made now
    if method.expires is not None and made >= method.expires:
        raise _Answer(Outcome.NO, f"The key was rotated out at {format_time(method.expires)}, before the proof's date.")
    if method.revoked is not None and made >= method.revoked:
        raise _Answer(Outcome.NO, f"The key was revoked at {format_time(method.revoked)}, before the proof's date.")
    if method.revoked is not None and now >= method.revoked:
        raise _Answer(
            Outcome.COULD_NOT_TELL,
            f"The key was revoked at {format_time(method.revoked)}; that the proof is older is only its signer's word.",
        )


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


def _result(proof: JsonObject, answer: _Answer) -> ProofResult:
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
    return suite.name if suite else _short(str(proof.get("cryptosuite") or proof.get("type") or "none"))


def _time(proof: JsonObject, name: str) -> datetime | None:
    return parse_time(proof[name], name, offset_required=False) if proof.get(name) is not None else None


def _sentence(error: ProtocolError) -> str:
    found = f": {error.found}" if error.found else ""
    return f"The document cannot be read as signed: {error.detail}{found}."


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
