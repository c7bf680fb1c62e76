"""Issuing and verifying Open Badges, each one different from the last, and refusing what would cost much."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache
from statistics import median
from time import perf_counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.signing import SigningKey

from benchmarks.measure import RUNS, Benchmark, Measured, NotMeasured, race, rate
from benchmarks.peers import DIDKIT_PACKAGE, VC_PACKAGE, didkit_command, running, vc_command
from protocols.credentials.contexts import CREDENTIALS_V1, ED25519_2020, PINNED, document
from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import add_proof, check_proofs
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import parse_object
from tests.support.badges import ACHIEVEMENT, COLLEGE, DOCUMENTS, LEARNER, NOW, SIGNED, badge, key_of, signed
from tests.support.poison import POISON

BADGES = 200
OB_3_0 = "https://purl.imsglobal.org/spec/ob/v3p0/context.json"
NOTE = (
    f"{BADGES} different OB 3.0 badges of about 3 kB in turn, from bytes: parsed, model checked, proof verified, in "
    "one thread with contexts already read; floor: the raw Ed25519 verification of as many different 64-byte hashes by "
    "libsodium, as ours; openssl: the same by cryptography"
)


def issue() -> Measured:
    """Signing a badge, beside the bare signature."""
    key, unsigned = key_of(COLLEGE), [_unsigned(number) for number in range(BADGES)]
    raw = SigningKey(key.secret)
    hashes = [os.urandom(64) for _ in range(BADGES)]

    def ours(number: int) -> None:
        options: Any = {"suite": "eddsa-rdfc-2022", "signer": key, "purpose": "assertionMethod", "created": SIGNED}
        json.dumps(add_proof(unsigned[number % BADGES], **options))

    note = f"{BADGES} different OB 3.0 badges in turn, signed eddsa-rdfc-2022 and written; floor: the raw signature"
    return race(
        lambda: rate(ours),
        lambda: rate(lambda number: raw.sign(hashes[number % BADGES])),
        {},
        unit="badges/s",
        note=note,
    )


def verify_eddsa_rdfc_2022() -> Measured:
    """Ours, the bare signature check, npm @digitalbazaar/vc, and DIDKit's nearest suite."""
    badges = signed_badges("eddsa-rdfc-2022")
    note, peers = f"{NOTE}; {DIDKIT_PACKAGE}: Ed25519Signature2020 over data model 1.1, its nearest suite", {}
    jobs = {VC_PACKAGE: (vc_command, _job(badges)), DIDKIT_PACKAGE: (didkit_command, _job_of_didkit())}
    with ExitStack() as stack:
        for package, (command, job) in jobs.items():
            try:
                peers[package] = stack.enter_context(running(command(), job))
                peers[package]()
            except NotMeasured as missing:
                peers.pop(package, None)
                note = f"{note}; {package} not measured: {missing}"
        return race(lambda: rate(_verifying(badges)), lambda: rate(_floor()), peers, unit="verifications/s", note=note)


def verify_eddsa_jcs_2022() -> Measured:
    """Ours and the bare signature check."""
    badges, openssl = signed_badges("eddsa-jcs-2022"), {"openssl": lambda: rate(_by_openssl())}
    return race(lambda: rate(_verifying(badges)), lambda: rate(_floor()), openssl, unit="verifications/s", note=NOTE)


def poison_refused_ms() -> Measured:
    """How long the slowest of the documents takes that were made to cost much."""
    runs = [max(_refusals().values()) for _ in range(RUNS)]
    times = _refusals()
    slowest = max(times, key=lambda name: times[name])
    return Measured(
        unit="ms",
        value=median(runs),
        floor=None,
        ratio=None,
        runs=runs,
        note=f"the slowest of {len(times)} inputs that were made to cost much, refused: {slowest}; under 50 is wanted",
    )


@cache
def signed_badges(suite: str) -> Sequence[bytes]:
    return [json.dumps(signed(_unsigned(number), suite=suite)).encode() for number in range(BADGES)]


def _unsigned(number: int, **changes: Any) -> dict[str, Any]:
    made = badge(
        id=f"https://college.example/credentials/{number}",
        name=f"Cash-flow forecasting, cohort {number}",
        description=f"Given on the day of the exam number {number}.",
        **changes,
    )
    achievement = made["credentialSubject"]["achievement"]
    alignment = ACHIEVEMENT["alignment"][0]
    achievement["alignment"] = [
        {**alignment, "targetUrl": f"{alignment['targetUrl']}-{index}", "targetName": f"a skill of number {index}"}
        for index in range(6)
    ]
    achievement["criteria"] = {"narrative": "Built forecasts that were reviewed by a practitioner. " * 10}
    return made


def _verifying(badges: Sequence[bytes]) -> Any:
    def verify(number: int) -> None:
        value = parse_object(badges[number % BADGES])
        issuer = parse_credential(value).issuer
        results = check_proofs(value, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=issuer)
        if [result.outcome for result in results] != [Outcome.YES]:
            raise AssertionError(results[0].reason)

    return verify


def _floor() -> Any:
    key = SigningKey.generate()
    hashes = [os.urandom(64) for _ in range(BADGES)]
    signatures = [key.sign(data).signature for data in hashes]

    def verify(number: int) -> None:
        key.verify_key.verify(hashes[number % BADGES], signatures[number % BADGES])

    return verify


def _by_openssl() -> Any:
    key = Ed25519PrivateKey.generate()
    public = key.public_key()
    hashes = [os.urandom(64) for _ in range(BADGES)]
    signatures = [key.sign(data) for data in hashes]

    def verify(number: int) -> None:
        public.verify(signatures[number % BADGES], hashes[number % BADGES])

    return verify


def _job(badges: Sequence[bytes]) -> dict[str, Any]:
    key = key_of(COLLEGE)
    method = {
        "id": key.kid,
        "type": "Multikey",
        "controller": COLLEGE,
        "publicKeyMultibase": encode_multikey(key.public),
    }
    return {
        "credentials": [data.decode() for data in badges],
        "contexts": {url: document(url) for url in PINNED},
        "documents": {
            COLLEGE: {
                "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
                "id": COLLEGE,
                "verificationMethod": [method],
                "assertionMethod": [key.kid],
            }
        },
    }


def _job_of_didkit() -> dict[str, Any]:
    """The same badges as data model 1.1, of an issuer whose DID is its key, in contexts that DIDKit has."""
    key = key_of(COLLEGE)
    did = did_key(key.public)
    key = key.named(f"{did}#{encode_multikey(key.public)}")
    texts: list[str] = []
    for number in range(BADGES):
        made = _unsigned(number, **{"@context": [CREDENTIALS_V1, OB_3_0, ED25519_2020]})
        made["issuer"]["id"], made["credentialSubject"]["id"] = did, did_key(key_of(LEARNER).public)
        made["issuanceDate"], made["expirationDate"] = made.pop("validFrom"), made.pop("validUntil")
        texts.append(json.dumps(signed(made, suite="Ed25519Signature2020", signer=key)))
    return {"credentials": texts}


def _refusals() -> dict[str, float]:
    """Milliseconds until each was refused, by name."""
    return {name: _refused_in(attempt) for name, attempt in POISON.items()}


def _refused_in(attempt: Callable[[], object]) -> float:
    begun = perf_counter()
    try:
        attempt()
    except ProtocolError:
        return (perf_counter() - begun) * 1000
    raise AssertionError("it was not refused")


BENCHMARKS = (
    Benchmark(name="credential.issue", measure=issue),
    Benchmark(name="credential.poison_refused_ms", measure=poison_refused_ms),
    Benchmark(name="credential.verify_eddsa_jcs_2022", measure=verify_eddsa_jcs_2022),
    Benchmark(name="credential.verify_eddsa_rdfc_2022", measure=verify_eddsa_rdfc_2022),
)
