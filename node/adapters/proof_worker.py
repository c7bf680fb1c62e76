"""Checks proofs in worker processes: canonicalization of a stranger's document may run long, and can be killed there.

Run as a module it is the worker; imported it offers `ProofChecker`, the port that services use. Both sides of the
pipe are written here, so that they cannot drift apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.adapters.worker_main import serve
from node.adapters.workers import JobFailed, WorkerPool
from node.errors import EngineError
from node.metrics import Metrics
from protocols.credentials.canonical import USUAL, Reading, canonical_rdf
from protocols.credentials.contexts import BUNDLED, OPEN, Contexts, contexts_named
from protocols.credentials.proofs import ProofResult, check_proofs
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.dids.parse import parse_document
from protocols.errors import DidError, ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject

MODULE = "node.adapters.proof_worker"
CHECK = "check"
READ = "read"
TIMEOUT_S = 10.0


def proof_pool(metrics: Metrics, *, size: int = 1, timeout_s: float = TIMEOUT_S) -> WorkerPool:
    """The pool that a `ProofChecker` works with."""
    return WorkerPool(MODULE, size=size, timeout_s=timeout_s, metrics=metrics)


@dataclass(frozen=True, slots=True)
class ProofChecker:
    """`protocols.credentials.proofs.check_proofs`, elsewhere."""

    pool: WorkerPool
    contexts: Contexts = BUNDLED
    """In force: the built-in ones, and what the operator added."""

    async def check(
        self,
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
        max_bytes: int = USUAL.max_bytes,
        open_terms: bool = False,
    ) -> tuple[ProofResult, ...]:
        """One result for each proof, as `check_proofs` gives them; one that says "could not tell" where the worker
        was killed or failed. Never raises for what a stranger sent.

        Args:
            max_bytes: of the document as compact JSON; a status list may be larger than a credential.
            open_terms: see `Contexts`.
        """
        job: JsonObject = {
            "document": document,
            "documents": {did: dict(found.raw) for did, found in documents.items()},
            "purpose": purpose,
            "now": now.isoformat(),
            "challenge": challenge,
            "domain": domain if domain is None or isinstance(domain, str) else list(domain),
            "expected_controller": expected_controller,
            "seen_at": {did: at.isoformat() for did, at in (seen_at or {}).items()},
            "attested": {digest: at.isoformat() for digest, at in (attested or {}).items()},
            "max_bytes": max_bytes,
            "open_terms": open_terms,
            "contexts": self._named_in(document),
        }
        try:
            answer = await self.pool.call(CHECK, job)
        except JobFailed as error:
            return (_could_not_tell(f"The proofs cannot be checked: {error.detail}."),)
        except EngineError as error:
            return (_could_not_tell(f"The check of the proofs did not end: {error.detail}."),)
        return tuple(_result(item) for item in answer["results"])

    async def reading_problems(self, document: JsonObject, *, open_terms: bool = False) -> tuple[str, ...]:
        """Why `document` cannot be read as it stands: an unknown context, an undefined term, over a limit.

        A proof over JSON alone does not see those, and a reader of the RDF would not see what they name.
        """
        try:
            job = {"document": document, "open_terms": open_terms, "contexts": self._named_in(document)}
            answer = await self.pool.call(READ, job)
        except EngineError as error:
            return (f"the document could not be read in time: {error.detail}",)
        return tuple(answer["problems"])

    def _named_in(self, document: JsonObject) -> JsonObject:
        """The operator's contexts that a document names anywhere, as text by URL: the others need not travel."""
        if not self.contexts.added:
            return {}
        named = contexts_named(document)
        return {url: data.decode() for url, data in self.contexts.added if url in named}


def check(job: JsonObject) -> JsonObject:
    """The worker's side."""
    documents = {did: _document(did, raw) for did, raw in job["documents"].items()}
    results = check_proofs(
        job["document"],
        documents,
        purpose=job["purpose"],
        now=datetime.fromisoformat(job["now"]),
        challenge=job["challenge"],
        domain=job["domain"],
        expected_controller=job["expected_controller"],
        seen_at={did: datetime.fromisoformat(at) for did, at in job["seen_at"].items()},
        attested={digest: datetime.fromisoformat(at) for digest, at in job["attested"].items()},
        reading=_reading(job, max_bytes=job["max_bytes"]),
    )
    return {"results": [_to_json(result) for result in results]}


def read(job: JsonObject) -> JsonObject:
    """The worker's side of `reading_problems`."""
    document = {name: value for name, value in job["document"].items() if name != "proof"}
    try:
        canonical_rdf(document, _reading(job))
    except ProtocolError as error:
        found = f" (found: {error.found})" if error.found else ""
        return {"problems": [f"{error.detail}{found}"]}
    return {"problems": []}


def _reading(job: JsonObject, max_bytes: int = USUAL.max_bytes) -> Reading:
    contexts = OPEN if job["open_terms"] else BUNDLED
    if job["contexts"]:
        added = tuple((url, text.encode()) for url, text in job["contexts"].items())
        contexts = Contexts(added=added, open_terms=job["open_terms"])
    return Reading(contexts=contexts, max_bytes=max_bytes)


def _document(did: str, raw: JsonObject) -> DidDocument:
    """The document parsed anew: from its JSON, or from the DID where that is all there is to it."""
    document = parse_document(raw, did) if raw else resolve_offline(did)
    if document is None:
        raise DidError("a DID document without its JSON", found=did[:64], expected="as it was fetched")
    return document


def _to_json(result: ProofResult) -> JsonObject:
    return {
        "suite": result.suite,
        "verification_method": result.verification_method,
        "purpose": result.purpose,
        "created": None if result.created is None else result.created.isoformat(),
        "outcome": result.outcome.value,
        "reason": result.reason,
        "digest": result.digest,
        "attested_at": None if result.attested_at is None else result.attested_at.isoformat(),
        "key_until": None if result.key_until is None else result.key_until.isoformat(),
    }


def _result(item: JsonObject) -> ProofResult:
    return ProofResult(
        suite=item["suite"],
        verification_method=item["verification_method"],
        purpose=item["purpose"],
        created=None if item["created"] is None else datetime.fromisoformat(item["created"]),
        outcome=Outcome(item["outcome"]),
        reason=item["reason"],
        digest=item["digest"],
        attested_at=None if item["attested_at"] is None else datetime.fromisoformat(item["attested_at"]),
        key_until=None if item["key_until"] is None else datetime.fromisoformat(item["key_until"]),
    )


def _could_not_tell(reason: str) -> ProofResult:
    return ProofResult(
        suite="unknown",
        verification_method="",
        purpose="",
        created=None,
        outcome=Outcome.COULD_NOT_TELL,
        reason=reason,
    )


if __name__ == "__main__":
    serve({CHECK: check, READ: read})
