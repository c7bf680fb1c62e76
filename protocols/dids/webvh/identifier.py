"""The DID itself: its self-certifying identifier (SCID), and where its log and its witness proofs stand.

Spec: https://identity.foundation/didwebvh/v1.0/#method-specific-identifier
"""

import re

from protocols.dids.did import check_did
from protocols.dids.web import folder_url
from protocols.errors import DidError

PREFIX = "did:webvh:"
SCID = "[1-9A-HJ-NP-Za-km-z]{46}"
"""A SHA-256 multihash in base58btc."""
_WHOLE_SCID = re.compile(SCID + r"\Z")


def scid_of(did: str) -> str:
    """The SCID of a did:webvh.

    Raises:
        DidError: not a did:webvh, or where its log would stand is no place (see `folder_url`).
    """
    return _split(did)[0]


def log_url(did: str) -> str:
    """The https URL of `did.jsonl`; raises as `scid_of` does."""
    return f"{_split(did)[1]}/did.jsonl"


def witness_url(did: str) -> str:
    """The https URL of `did-witness.json`, beside the log; raises as `scid_of` does."""
    return f"{_split(did)[1]}/did-witness.json"


def web_twin(did: str) -> str:
    """The did:web of the same place, without a history; raises as `scid_of` does."""
    return f"did:web:{did.removeprefix(PREFIX + scid_of(did) + ':')}"


def _split(did: str) -> tuple[str, str]:
    """The SCID, and the URL of the folder."""
    if not check_did(did).startswith(PREFIX):
        raise DidError("not a did:webvh", found=did[:64], expected="did:webvh:scid:host")
    scid, _, location = did.removeprefix(PREFIX).partition(":")
    if not _WHOLE_SCID.match(scid):
        raise DidError("not the SCID of a did:webvh", found=scid[:64], expected="46 characters of base58btc")
    return scid, folder_url(location, "did:webvh")
