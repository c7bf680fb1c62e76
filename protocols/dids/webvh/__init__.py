"""did:webvh 1.0: a did:web with a log of every version it ever had, each signed and chained to the one before.

`read_log` checks a log and gives a `Log`; `history_of` counts the witnesses and gives a `History`, which answers what
the document is, or was at some time. `first_entry` and `next_entry` write a log. Where the log stands is in
`identifier.py`; fetching it is the node's work.

The room lies below `protocols.credentials`, so it has an eddsa-jcs-2022 of its own (`proof.py`): some thirty lines on
the RFC 8785 form and the Ed25519 of `protocols.jose`. Resolving a DID is what checking a credential stands on; the
other way round, the two rooms would need each other.

Spec: https://identity.foundation/didwebvh/v1.0/
"""

from protocols.dids.webvh.history import History, Wanted, history_of
from protocols.dids.webvh.identifier import log_url, scid_of, witness_url
from protocols.dids.webvh.log import Log, Version, read_log
from protocols.dids.webvh.refusal import LogRefused

__all__ = [
    "History",
    "Log",
    "LogRefused",
    "Version",
    "Wanted",
    "history_of",
    "log_url",
    "read_log",
    "scid_of",
    "witness_url",
]
