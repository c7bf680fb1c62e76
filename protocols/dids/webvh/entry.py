"""One line of a log, and the two hashes that tie it to its DID and to the line before.

Spec: https://identity.foundation/didwebvh/v1.0/#the-did-log-file
"""

import re
from dataclasses import dataclass
from datetime import datetime

from protocols.dids.multiformats import sha256_base58
from protocols.dids.shapes import as_object
from protocols.dids.webvh.identifier import SCID
from protocols.dids.webvh.proof import proofs_in
from protocols.dids.webvh.refusal import LogRefused, refusing
from protocols.dids.webvh.times import time_of
from protocols.jose.encoding import JsonObject, canonical_json, parse_object

MAX_ENTRY_BYTES = 256 * 1024
MAX_PROOFS = 8
PLACEHOLDER = "{SCID}"
"""What stood for the SCID while it was computed."""
_MEMBERS = {"versionId", "versionTime", "parameters", "state", "proof"}
_VERSION_ID = re.compile(rf"([1-9][0-9]{{0,5}})-{SCID}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as it stands; nothing of it is believed yet.

    `signed` is the line without its proofs: what they are over.
    """

    version_id: str
    number: int
    time: datetime
    parameters: JsonObject
    state: JsonObject
    proofs: tuple[JsonObject, ...]
    signed: JsonObject


def parse_entry(line: bytes) -> Entry:
    """The entry in a line.

    Raises:
        LogRefused: `too_large`, `malformed`, `version_id`, `version_time`, `proof`, `state`.
    """
    with refusing("malformed"):
        value = parse_object(line, max_bytes=MAX_ENTRY_BYTES)
    if value.keys() != _MEMBERS:
        found = ", ".join(sorted(value))[:120]
        raise LogRefused("not a log entry", rule="malformed", found=found, expected=", ".join(sorted(_MEMBERS)))
    version_id, number = value["versionId"], _number_in(value["versionId"])
    parameters, state = as_object(value["parameters"]), as_object(value["state"])
    if parameters is None:
        raise LogRefused("parameters are no object", rule="malformed", expected="an object")
    if state is None or not isinstance(state.get("id"), str):
        raise LogRefused("an entry without a DID document", rule="state", expected="state with an id")
    return Entry(
        version_id=version_id,
        number=number,
        time=time_of(value["versionTime"], "version_time"),
        parameters=parameters,
        state=state,
        proofs=tuple(proofs_in(value["proof"], at_most=MAX_PROOFS)),
        signed={name: item for name, item in value.items() if name != "proof"},
    )


def entry_hash(signed: JsonObject, before: str) -> str:
    """The hash in the version id of an entry whose predecessor has the version id `before`; for the first, the SCID.

    Args:
        signed: the entry without proofs, whatever its own version id.

    Raises:
        LogRefused: `malformed` for what has no RFC 8785 form.
    """
    with refusing("malformed"):
        return sha256_base58(canonical_json({**signed, "versionId": before}))


def scid_for(signed: JsonObject, scid: str) -> str:
    """The SCID of a first entry that calls itself `scid`: the hash of what stood there before it had a name.

    Raises:
        LogRefused: `scid` where the placeholder still stands in it: two entries would have the same SCID then.
    """
    with refusing("scid"):
        text = canonical_json({**signed, "versionId": scid}).decode()
        if PLACEHOLDER in text:
            raise LogRefused("a first entry with the placeholder in it", rule="scid", expected="the SCID throughout")
        # replaced as text, as the specification has it: in names too, so it is sorted again
        return sha256_base58(canonical_json(parse_object(text.replace(scid, PLACEHOLDER), max_bytes=MAX_ENTRY_BYTES)))


def _number_in(version_id: object) -> int:
    found = _VERSION_ID.match(version_id) if isinstance(version_id, str) else None
    if found is None:
        shown = str(version_id)[:64]
        raise LogRefused("not a version id", rule="version_id", found=shown, expected="number-hash, as in 1-Qm…")
    return int(found[1])
