"""Our credentials beside npm @digitalbazaar/vc: each verifies what the other made, and refuses what was changed."""

import copy
import json
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from protocols.credentials.contexts import PINNED, document
from protocols.credentials.presentation import presentation_of
from protocols.credentials.proofs import check_proofs
from protocols.dids.multiformats import base58_encode
from tests.support.badges import COLLEGE, DOCUMENTS, LEARNER, badge, key_of, signed

PACKAGES = (
    "@digitalbazaar/vc@7.3.0",
    "@digitalbazaar/data-integrity@2.5.0",
    "@digitalbazaar/eddsa-rdfc-2022-cryptosuite@1.3.0",
    "@digitalbazaar/ed25519-multikey",
)
_STATUS = {
    "id": "https://college.example/status/1#5",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "5",
    "statusListCredential": "https://college.example/status/1",
}


def checks(env_dir: Path) -> Iterable[tuple[str, bool, str]]:
    """(name, held, what was found) for each check; installs the counterpart into `env_dir`/vc-node first."""
    home = env_dir / "vc-node"
    if problem := _install(home):
        yield "npm @digitalbazaar/vc", False, problem
        return
    credential = signed(badge(credentialStatus=_STATUS))
    presentation = signed(
        presentation_of([credential], id="urn:uuid:7b1c0f0e-3d0b-4a3e-9f0e-0d6f3f1a2b3c", holder=LEARNER),
        by=LEARNER,
        purpose="authentication",
        created=datetime.now(UTC),
        challenge="n-1",
        domain="employer.example",
    )
    ours = _run(home, credential, presentation)
    yield "vc verifies our badge", ours["credential"]["verified"] is True, str(ours["credential"].get("error"))
    yield (
        "vc verifies our presentation",
        ours["presentation"]["verified"] is True,
        str(ours["presentation"].get("error")),
    )
    changed, other = copy.deepcopy(credential), copy.deepcopy(presentation)
    changed["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    other["proof"]["challenge"] = "n-2"
    refused = _run(home, changed, other)
    yield "vc refuses a changed badge", refused["credential"]["verified"] is False, str(refused["credential"])
    yield "vc refuses a changed presentation", refused["presentation"]["verified"] is False, "challenge replaced"
    [result] = check_proofs(
        ours["issued"], DOCUMENTS, purpose="assertionMethod", now=datetime.now(UTC), expected_controller=COLLEGE
    )
    yield "we verify a badge that vc issued", result.outcome == "yes", result.reason
    theirs = {**ours["issued"], "name": "Brain surgery"}
    [result] = check_proofs(
        theirs, DOCUMENTS, purpose="assertionMethod", now=datetime.now(UTC), expected_controller=COLLEGE
    )
    yield "we refuse a changed badge that vc issued", result.outcome == "no", result.reason


def _install(home: Path) -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js is not installed on this machine"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("vc_node.mjs"), home / "vc_node.mjs")
    if (home / "node_modules" / "@digitalbazaar" / "vc").is_dir():
        return None
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return None if done.returncode == 0 else f"could not be installed: {done.stderr.strip()[-200:]}"


def _run(home: Path, credential: dict[str, Any], presentation: dict[str, Any]) -> dict[str, Any]:
    documents = {did: _did_document(did) for did in (COLLEGE, LEARNER)}
    secret = key_of(COLLEGE)
    request = {
        "credential": credential,
        "presentation": presentation,
        "challenge": "n-1",
        "domain": "employer.example",
        "unsigned": badge(id="https://college.example/credentials/2"),
        "key": {
            **documents[COLLEGE]["verificationMethod"][0],
            "@context": "https://w3id.org/security/multikey/v1",
            "secretKeyMultibase": "z" + base58_encode(b"\x80\x26" + secret.secret),
        },
        "contexts": {url: document(url) for url in PINNED},
        "documents": documents,
    }
    done = subprocess.run(
        ["node", str(home / "vc_node.mjs")],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-500:])
    return json.loads(done.stdout)


def _did_document(did: str) -> dict[str, Any]:
    key = key_of(did)
    method = {
        "id": key.kid,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": "z" + base58_encode(b"\xed\x01" + key.public.raw),
    }
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [key.kid],
        "authentication": [key.kid],
    }
