"""Verifying Open Badges, each one different from the last."""

import json
import os
from contextlib import ExitStack
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.measure import Benchmark, Measured, NotMeasured, race, rate
from benchmarks.peers import VC_PACKAGE, running, vc_command
from protocols.credentials.contexts import PINNED, document
from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import check_proofs
from protocols.dids.multiformats import encode_multikey
from protocols.findings import Outcome
from protocols.jose.encoding import parse_object
from tests.support.badges import COLLEGE, DOCUMENTS, NOW, badge, key_of, signed

BADGES = 200
NOTE = (
    f"{BADGES} different OB 3.0 badges in turn, from bytes: parsed, model checked, proof verified, in one thread with "
    "contexts already read; floor: the raw Ed25519 verification of as many different 64-byte hashes"
)


def verify_eddsa_rdfc_2022() -> Measured:
    """Ours, the bare signature check, and npm @digitalbazaar/vc."""
    badges = [_badge(number) for number in range(BADGES)]
    note, peers = NOTE, {}
    with ExitStack() as stack:
        try:
            peers = {VC_PACKAGE: stack.enter_context(running(vc_command(), _job(badges)))}
        except NotMeasured as missing:
            note = f"{note}; {VC_PACKAGE} not measured: {missing}"
        return race(lambda: rate(_ours(badges)), lambda: rate(_floor()), peers, unit="verifications/s", note=note)


def _badge(number: int) -> bytes:
    made = badge(
        id=f"https://college.example/credentials/{number}",
        name=f"Cash-flow forecasting, cohort {number}",
        description=f"Given on the day of the exam number {number}.",
    )
    return json.dumps(signed(made)).encode()


def _ours(badges: list[bytes]) -> Any:
    def verify(number: int) -> None:
        value = parse_object(badges[number % BADGES])
        issuer = parse_credential(value).issuer
        results = check_proofs(value, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=issuer)
        if [result.outcome for result in results] != [Outcome.YES]:
            raise AssertionError(results[0].reason)

    return verify


def _floor() -> Any:
    key = Ed25519PrivateKey.generate()
    public = key.public_key()
    hashes = [os.urandom(64) for _ in range(BADGES)]
    signatures = [key.sign(data) for data in hashes]

    def verify(number: int) -> None:
        public.verify(signatures[number % BADGES], hashes[number % BADGES])

    return verify


def _job(badges: list[bytes]) -> dict[str, Any]:
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


BENCHMARKS = (Benchmark(name="credential.verify_eddsa_rdfc_2022", measure=verify_eddsa_rdfc_2022),)
