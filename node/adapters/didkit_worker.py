"""DIDKit, contained: the only place that imports it, in a process without network that is killed when it takes long.

It is an archived library that some wallets' VC 1.1 credentials still need. It calls hosts by itself, accepts expired
credentials, checks no status, and crashes a process that ends normally after using it. So it answers one question,
whether the proof fits, about documents that `legacy_check` let pass; dates, status, holder and the issuer's standing
are checked around it, and it never has the last word.

Run as a module it is the worker; imported it offers `Didkit`, the port that services use.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from node.adapters.legacy_check import refusals
from node.adapters.seccomp import CannotContain, forbid_network
from node.adapters.worker_main import serve
from node.adapters.workers import WorkerPool
from node.errors import EngineError
from node.metrics import Metrics
from protocols.credentials.canonical import canonical_rdf
from protocols.credentials.contexts import ContextUnknown
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject

MODULE = "node.adapters.didkit_worker"
TIMEOUT_S = 5.0
MAX_JOBS = 200


def didkit_pool(
    metrics: Metrics, *, size: int = 1, timeout_s: float = TIMEOUT_S, argv: Sequence[str] | None = None
) -> WorkerPool:
    """The pool that a `Didkit` works with; no process runs before the first legacy credential."""
    return WorkerPool(MODULE, size=size, timeout_s=timeout_s, metrics=metrics, max_jobs_per_worker=MAX_JOBS, argv=argv)


@dataclass(frozen=True, slots=True)
class Didkit:
    """The legacy engine, as far as it is trusted."""

    pool: WorkerPool

    async def verify_credential_1_1(self, document: JsonObject) -> JsonObject:
        """`{"available": bool, "checked": [str], "errors": [str]}` for a VC 1.1 credential with an embedded proof.

        `available` false: it was not checked, `errors` says why; nothing follows from that about the credential.
        `available` true: the proof fits if `errors` is empty, and "proof" stands in `checked`.
        """
        try:
            reasons = refusals(document)
        except ProtocolError as error:
            reasons = [error.detail]
        if reasons:
            return _not_checked(*(f"not given to the legacy engine: {reason}" for reason in reasons))
        try:
            answer = await self.pool.call("verify", {"credential": document})
        except EngineError as error:
            return _not_checked(f"the legacy engine gave no answer: {error.detail}")
        return {"available": True, "checked": answer["checks"], "errors": answer["errors"]}

    async def issue(self, credential: JsonObject, *, suite: str, seed_jwk: JsonObject) -> JsonObject:
        """`credential` signed by the engine with an Ed25519 private JWK, as its did:key. For interoperability tests.

        Raises:
            EngineError: the engine is not available or did not sign.
        """
        return await self.pool.call("issue", {"credential": credential, "suite": suite, "key": seed_jwk})


def _not_checked(*reasons: str) -> JsonObject:
    return {"available": False, "checked": [], "errors": list(reasons)}


class _Engine:
    """The worker's side: the library, loaded after the network is gone."""

    def __init__(self) -> None:
        self._didkit: ModuleType | Any = None
        self._loop = asyncio.new_event_loop()

    def load(self) -> None:
        """Raises with the reason where it cannot be contained or is not there."""
        if sys.version_info >= (3, 13):
            raise CannotContain("not available on this Python")
        forbid_network()
        import didkit

        self._didkit = didkit

    def verify(self, job: JsonObject) -> JsonObject:
        credential: JsonObject = job["credential"]
        try:  # the library drops what its contexts do not define: that would be shown, and never was signed
            canonical_rdf({name: value for name, value in credential.items() if name != "proof"})
        except ContextUnknown:
            raise
        except (MalformedCredential, TooLarge) as error:
            return {"checks": [], "errors": [error.detail]}
        answer = json.loads(self._ask("verify_credential", json.dumps(credential), "{}"))
        errors = [str(error)[:300] for error in answer.get("errors", [])]
        checks = [str(check)[:40] for check in answer.get("checks", [])]
        return {"checks": checks, "errors": errors if errors or "proof" in checks else ["the proof was not checked"]}

    def issue(self, job: JsonObject) -> JsonObject:
        key = json.dumps(job["key"])
        method = self._ask("key_to_verification_method", "key", key)
        options = {"type": job["suite"], "verificationMethod": method, "proofPurpose": "assertionMethod"}
        return json.loads(self._ask("issue_credential", json.dumps(job["credential"]), json.dumps(options), key))

    def _ask(self, name: str, *arguments: str) -> str:
        async def answered() -> str:
            return await getattr(self._didkit, name)(*arguments)

        return self._loop.run_until_complete(answered())


if __name__ == "__main__":
    engine = _Engine()
    serve({"verify": engine.verify, "issue": engine.issue}, open_jobs=engine.load)
