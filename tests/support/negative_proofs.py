"""Documents whose proofs must not be believed, for every suite and kind of key, beside right ones they come from."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V2, ED25519_2020
from protocols.credentials.proofs import ProofResult, add_proof, check_proofs, derive_proof
from protocols.credentials.proofs.suite import suites
from protocols.dids.document import DidDocument
from protocols.dids.multiformats import multibase_decode, multibase_encode
from protocols.findings import Outcome
from tests.support.badges import COLLEGE, LEARNER, NOW, SIGNED, STRANGER, badge, document_of, key_of

CHALLENGE, DOMAIN = "f3a7", "employer.example"
SHOWN = ("/issuer", "/validFrom", "/credentialSubject")
Document = dict[str, Any]
Check = Callable[..., tuple[ProofResult, ...]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A signed document and how it is asked about; `fault` is what is wrong with it, None for nothing."""

    instance: str
    fault: str | None = None
    document: Document
    documents: Mapping[str, DidDocument]
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def name(self) -> str:
        return f"{self.instance}: {self.fault}"

    def is_believed(self, check: Check = check_proofs) -> bool:
        """Whether every proof holds, to `check`."""
        results = check(self.document, self.documents, now=NOW, **self.options)
        return bool(results) and all(result.outcome is Outcome.YES for result in results)


@cache
def right_ones() -> tuple[Case, ...]:
    """A credential and a presentation for each suite and curve, as they have to be."""
    pairs = [(suite.name, curve) for suite in suites().values() for curve in suite.curves]
    return tuple(make(suite, curve) for suite, curve in pairs for make in (_credential, _presentation))


def negatives() -> Iterator[Case]:
    """Every right one with each fault that can be made in it."""
    for right in right_ones():
        for fault, make in FAULTS.items():
            wrong = make(copy.deepcopy(right.document), right)
            if wrong is not None:
                changed = wrong if isinstance(wrong, Case) else replace(right, document=wrong)
                yield replace(changed, fault=fault)


def _credential(suite: str, curve: str) -> Case:
    key = key_of(COLLEGE, f"key-{curve}", curve)
    documents = {COLLEGE: document_of(COLLEGE, key=key), STRANGER: document_of(STRANGER)}
    options = {"purpose": "assertionMethod", "expected_controller": COLLEGE}
    instance = f"{suite} {curve} credential"
    return Case(instance=instance, document=_signed(badge(), suite, key), documents=documents, options=options)


def _presentation(suite: str, curve: str) -> Case:
    key = key_of(LEARNER, f"key-{curve}", curve)
    document = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": LEARNER,
    }
    asked = {"challenge": CHALLENGE, "domain": DOMAIN}
    signed = _signed(document, suite, key, purpose="authentication", **asked)
    documents = {LEARNER: document_of(LEARNER, key=key), STRANGER: document_of(STRANGER)}
    options = {"purpose": "authentication", "expected_controller": LEARNER, **asked}
    return Case(instance=f"{suite} {curve} presentation", document=signed, documents=documents, options=options)


def _signed(document: Document, suite: str, key: Any, **options: Any) -> Document:
    arguments: Any = {"purpose": "assertionMethod", "created": SIGNED, "signer": key, **options}
    if suite == "Ed25519Signature2020":
        document = {**document, "@context": [*document["@context"], ED25519_2020]}
    if suites()[suite].selective is None:
        return add_proof(document, suite=suite, **arguments)
    pointers = SHOWN if "credentialSubject" in document else ("/holder",)
    base = add_proof(document, suite=suite, mandatory_pointers=pointers, entropy=_not_random, **arguments)
    return derive_proof(base, pointers=["/id"] if "id" in document else ["/type"])


def _not_random(size: int) -> bytes:
    return bytes(range(size))


def _is_credential(case: Case) -> bool:
    return case.instance.endswith("credential")


def _changed(*path: str, to: Any) -> Callable[[Document, Case], Document | None]:
    """Another value, or none for `...`, at a path; only where there is one."""

    def make(document: Document, _: Case) -> Document | None:
        holder: Any = document
        for name in path[:-1]:
            holder = holder.get(name)
            if not isinstance(holder, dict):
                return None
        if to is ... and path[-1] not in holder:
            return None
        if to is ...:
            del holder[path[-1]]
        else:
            holder[path[-1]] = to
        return document

    return make


def _for_credentials(make: Callable[[Document, Case], Any]) -> Callable[[Document, Case], Any]:
    return lambda document, case: make(document, case) if _is_credential(case) else None


def _for_presentations(make: Callable[[Document, Case], Any]) -> Callable[[Document, Case], Any]:
    return lambda document, case: None if _is_credential(case) else make(document, case)


def _with_value(change: Callable[[bytes], bytes]) -> Callable[[Document, Case], Document]:
    def make(document: Document, _: Case) -> Document:
        value = document["proof"]["proofValue"]
        document["proof"]["proofValue"] = multibase_encode(change(multibase_decode(value)), value[0])
        return document

    return make


def _of_another(document: Document, case: Case) -> Document:
    other = next(right for right in right_ones() if right.instance != case.instance and _is_alike(right, case))
    document["proof"]["proofValue"] = other.document["proof"]["proofValue"]
    return document


def _is_alike(right: Case, case: Case) -> bool:
    return (
        right.instance.split()[2] != case.instance.split()[2] or right.instance.split()[0] == case.instance.split()[0]
    )


def _asked(**options: Any) -> Callable[[Document, Case], Case]:
    return lambda document, case: replace(case, options={**case.options, **options})


def _known(**changes: Any) -> Callable[[Document, Case], Case]:
    """The signer's DID document says something else of its key."""

    def make(_: Document, case: Case) -> Case:
        did = str(case.options["expected_controller"])
        method = next(iter(case.documents[did].methods.values()))
        key = key_of(did, f"key-{method.key.crv}", method.key.crv)
        return replace(case, documents={did: document_of(did, key=key, **changes)})

    return make


def _another_key(_: Document, case: Case) -> Case:
    did = str(case.options["expected_controller"])
    curve = next(iter(case.documents[did].methods.values())).key.crv
    key = replace(key_of(did, "another key", curve), kid=f"{did}#key-{curve}")
    return replace(case, documents={did: document_of(did, key=key)})


def _for_another_purpose(_: Document, case: Case) -> Case:
    did = str(case.options["expected_controller"])
    curve = next(iter(case.documents[did].methods.values())).key.crv
    return replace(case, documents={did: document_of(did, "keyAgreement", key=key_of(did, f"key-{curve}", curve))})


def _doubled(document: Document, _: Case) -> Document:
    broken = {**document["proof"], "proofValue": "z" + "1" * 64}
    return {**document, "proof": [document["proof"], broken]}


FAULTS: Mapping[str, Callable[[Document, Case], Document | Case | None]] = {
    "another subject": _for_credentials(_changed("credentialSubject", "id", to=STRANGER)),
    "another achievement": _for_credentials(_changed("credentialSubject", "achievement", "name", to="Juggling")),
    "an achievement less": _for_credentials(_changed("credentialSubject", "achievement", to=...)),
    "a claim more": _for_credentials(_changed("credentialSubject", "role", to="Owner")),
    "another issuer": _for_credentials(_changed("issuer", "id", to=STRANGER)),
    "another name of the issuer": _for_credentials(_changed("issuer", "name", to="Another College")),
    "another beginning": _for_credentials(_changed("validFrom", to="2020-01-01T00:00:00Z")),
    "no beginning": _for_credentials(_changed("validFrom", to=...)),
    "another id": _for_credentials(_changed("id", to="urn:uuid:5f3b6c1a-9f63-4c1c-9d3c-0f7b2f6f8f11")),
    "an end that was not there": _for_credentials(_changed("validUntil", to="2099-01-01T00:00:00Z")),
    "a status taken out or put in": _for_credentials(
        _changed("credentialStatus", to={"type": "BitstringStatusListEntry", "statusPurpose": "revocation"})
    ),
    "an undefined term": _changed("madeUp", to="x"),
    "another type": _changed("type", to=["VerifiableCredential"]),
    "no type": _changed("type", to=...),
    "no contexts": _changed("@context", to=...),
    "an unknown context": _changed("@context", to=["https://evil.example/context"]),
    "an inline context before the others": _changed("@context", to=[{"x": "urn:x"}, CREDENTIALS_V2]),
    "another holder": _for_presentations(_changed("holder", to=STRANGER)),
    "no holder": _for_presentations(_changed("holder", to=...)),
    "a credential put in": _for_presentations(_changed("verifiableCredential", to=[badge()])),
    "another challenge": _for_presentations(_asked(challenge="f3a8")),
    "another domain": _for_presentations(_asked(domain="other.example")),
    "a challenge put in afterwards": _changed("proof", "challenge", to="f3a8"),
    "a domain put in afterwards": _changed("proof", "domain", to="other.example"),
    "no challenge": _for_presentations(_changed("proof", "challenge", to=...)),
    "no domain": _for_presentations(_changed("proof", "domain", to=...)),
    "no proof": _changed("proof", to=...),
    "a proof that is null": _changed("proof", to=None),
    "a proof that is a text": _changed("proof", to="zabc"),
    "an empty list of proofs": _changed("proof", to=[]),
    "an empty proof": _changed("proof", to={}),
    "a second proof that does not hold": _doubled,
    "a bit of the value turned": _with_value(lambda value: value[:-1] + bytes([value[-1] ^ 1])),
    "the first bit of the value turned": _with_value(lambda value: bytes([value[0] ^ 128]) + value[1:]),
    "a value cut short": _with_value(lambda value: value[:-1]),
    "a value with a byte more": _with_value(lambda value: value + b"\x00"),
    "a value of zeros": _with_value(lambda value: bytes(len(value))),
    "an empty value": _changed("proof", "proofValue", to="z"),
    "a value without its prefix": _changed("proof", "proofValue", to="3abc"),
    "a value that is a number": _changed("proof", "proofValue", to=5),
    "no value": _changed("proof", "proofValue", to=...),
    "the value of another document": _of_another,
    "another cryptosuite": _changed("proof", "cryptosuite", to="bbs-2023"),
    "another type of proof": _changed("proof", "type", to="RsaSignature2018"),
    "no type of proof": _changed("proof", "type", to=...),
    "no cryptosuite, or one too many": lambda document, case: (
        _changed("proof", "cryptosuite", to=...)(document, case)
        or _changed("proof", "cryptosuite", to="eddsa-rdfc-2022")(document, case)
    ),
    "another purpose": _changed("proof", "proofPurpose", to="keyAgreement"),
    "no purpose": _changed("proof", "proofPurpose", to=...),
    "a stranger's key": _changed("proof", "verificationMethod", to=f"{STRANGER}#key-1"),
    "a key that is not there": lambda document, case: _changed(
        "proof", "verificationMethod", to=f"{case.options['expected_controller']}#key-9"
    )(document, case),
    "a key without its fragment": lambda document, case: _changed(
        "proof", "verificationMethod", to=case.options["expected_controller"]
    )(document, case),
    "no key named": _changed("proof", "verificationMethod", to=...),
    "another date of signing": _changed("proof", "created", to="2026-05-01T09:00:00Z"),
    "a date of signing that is none": _changed("proof", "created", to="yesterday"),
    "a date of signing in the future": _changed("proof", "created", to="2031-01-01T00:00:00Z"),
    "no date of signing": _changed("proof", "created", to=...),
    "an end of the proof put in": _changed("proof", "expires", to="2099-01-01T00:00:00Z"),
    "an end of the proof that is past": _changed("proof", "expires", to="2026-06-02T00:00:00Z"),
    "a previous proof that is not there": _changed("proof", "previousProof", to="urn:uuid:1"),
    "a nonce put in": _changed("proof", "nonce", to="x"),
    "another key under that name": _another_key,
    "a key for another purpose": _for_another_purpose,
    "a key that another controls": _known(controller=STRANGER),
    "a key that had expired": _known(expires=SIGNED - timedelta(days=1)),
    "a key that was revoked before": _known(revoked=SIGNED - timedelta(days=1)),
    "a signer whose document is not there": lambda _, case: replace(case, documents={}),
    "a signer that was not expected": _asked(expected_controller=STRANGER),
}
