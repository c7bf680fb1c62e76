"""Badges and presentations made here are verified by others' libraries, and badges made there are verified here.

A job is everything at once: `verify`, `present` and `issue` by name, the issuer's key, the contexts as they are pinned
here and the DID documents, so that nobody needs a network. What was changed after signing has to be refused, on both
sides.
"""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from protocols.credentials.contexts import ED25519_2020, PINNED, document
from protocols.credentials.presentation import presentation_of
from protocols.credentials.proofs import check_proofs
from protocols.dids.key import did_key, key_document, resolve_key
from protocols.dids.multiformats import add_code, encode_multikey, multibase_encode
from protocols.findings import Outcome
from protocols.jose.keys import PrivateKey
from tests.interop.counterparts import Counterpart
from tests.support.badges import COLLEGE, LEARNER, badge, key_of, signed

SUITES = ("eddsa-rdfc-2022", "Ed25519Signature2020")
THERE, HERE = "ours opens there", "theirs opens here"
CHALLENGE, DOMAIN = "n-1", "employer.example"
_SECRET_CODE = 0x1300
"""Multicodec ed25519-priv."""
Result = tuple[str, str, str]
"""Direction, name of the check, and what went wrong: empty when nothing did."""


def exchange(counterpart: Counterpart) -> Iterator[Result]:
    """Every suite in both directions, right and changed."""
    right = {suite: signed(unsigned(suite, ISSUER_DID), suite=suite, signer=ISSUER) for suite in SUITES}
    shown = {suite: presented(right[suite], suite) for suite in SUITES}
    job = {
        "verify": {**right, **{changed(suite): altered(right[suite]) for suite in SUITES}},
        "present": {
            **{name: asked(presentation) for name, presentation in shown.items()},
            **{changed(name): asked(presentation, challenge="n-2") for name, presentation in shown.items()},
        },
        "issue": {suite: {"credential": unsigned(suite, ISSUER_DID), "suite": suite} for suite in SUITES},
        "key": key_with_secret(),
        "contexts": {url: document(url) for url in PINNED},
        "documents": {did: key_document(did, derives_agreement=False) for did in (ISSUER_DID, HOLDER_DID)},
    }
    try:
        answers = counterpart.run(job)
    except RuntimeError as error:
        yield "both", "all", str(error)
        return
    for kind in ("verify", "present"):
        for name, answer in answers[kind].items():
            expected = name in SUITES
            said = answer.get("error") or answer
            yield THERE, f"{kind}: {name}", "" if answer.get("verified") is expected else f"answers {said}"
    for suite, answer in answers["issue"].items():
        if "error" in answer:
            yield HERE, f"verify: {suite}", f"not issued there: {answer['error']}"
            continue
        yield HERE, f"verify: {suite}", fault(answer["credential"], Outcome.YES)
        yield HERE, f"verify: {changed(suite)}", fault(altered(answer["credential"]), Outcome.NO)


def unsigned(suite: str, issuer: str) -> dict[str, Any]:
    """A badge that both sides can sign; the older suite wants its context in the document."""
    made = badge(id="https://college.example/credentials/2")
    made["issuer"]["id"] = issuer
    if suite == "Ed25519Signature2020":
        made["@context"].append(ED25519_2020)
    return made


def presented(credential: dict[str, Any], suite: str) -> dict[str, Any]:
    made = presentation_of([credential], id="urn:uuid:7b1c0f0e-3d0b-4a3e-9f0e-0d6f3f1a2b3c", holder=HOLDER_DID)
    if suite == "Ed25519Signature2020":
        made["@context"] = [*made["@context"], ED25519_2020]
    now = datetime.now(UTC).replace(microsecond=0)
    repeats = {"purpose": "authentication", "created": now, "challenge": CHALLENGE, "domain": DOMAIN}
    return signed(made, suite=suite, signer=HOLDER, **repeats)


def asked(presentation: dict[str, Any], challenge: str = CHALLENGE) -> dict[str, Any]:
    return {"presentation": presentation, "challenge": challenge, "domain": DOMAIN}


def changed(name: str) -> str:
    return f"{name}, changed"


def altered(credential: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(credential)
    made["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    return made


def fault(credential: dict[str, Any], expected: Outcome) -> str:
    """What our check says of a credential that was issued there, empty where it is what it has to be."""
    results = check_proofs(
        credential,
        {ISSUER_DID: resolve_key(ISSUER_DID)},
        purpose="assertionMethod",
        now=datetime.now(UTC) + timedelta(minutes=1),
        expected_controller=ISSUER_DID,
    )
    wrong = [result for result in results if result.outcome is not expected]
    return "; ".join(f"{result.outcome.value}: {result.reason}" for result in wrong)


def named(key: PrivateKey) -> tuple[str, PrivateKey]:
    did = did_key(key.public)
    return did, key.named(f"{did}#{encode_multikey(key.public)}")


def key_with_secret() -> dict[str, Any]:
    public = encode_multikey(ISSUER.public)
    secret = multibase_encode(add_code(_SECRET_CODE, ISSUER.secret + ISSUER.public.raw))
    return {
        "id": ISSUER.kid,
        "controller": ISSUER_DID,
        "publicKeyMultibase": public,
        "secretKeyMultibase": secret,
    }


ISSUER_DID, ISSUER = named(key_of(COLLEGE))
HOLDER_DID, HOLDER = named(key_of(LEARNER))
