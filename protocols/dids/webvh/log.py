"""A log of a did:webvh, checked entry by entry; who witnessed it comes after (`history.py`).

What is checked of each entry, in this order:

1. Form, and that it follows: number, hash over the entry before, a later time that is not in the future.
2. Parameters, which take effect as the specification says; of a deactivated DID there is no further entry.
3. Keys: where they were rotated in advance, each was announced in the entry before.
4. Proofs: every one fits, and is by a key that may write this entry.
5. The document: its DID has this SCID, and stays the same unless the log is portable and names the one before.

The first entry that breaks a rule ends the log: it and what follows are not believed. What came before may still be
asked for by its version; the document of today may not.

Spec: https://identity.foundation/didwebvh/v1.0/#read-resolve
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from protocols.dids.multiformats import sha256_base58
from protocols.dids.shapes import as_list
from protocols.dids.webvh.entry import Entry, entry_hash, parse_entry, scid_for
from protocols.dids.webvh.identifier import scid_of
from protocols.dids.webvh.parameters import Parameters, Witnesses, first_parameters, next_parameters
from protocols.dids.webvh.proof import check_proof, multikey_of
from protocols.dids.webvh.refusal import LogRefused, refusing
from protocols.jose.encoding import JsonObject

MAX_LOG_BYTES = 2 * 1024 * 1024
MAX_ENTRIES = 1024
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One entry that holds, and what is in force after it.

    `witnesses` are those who have to approve of it: where somebody had to before it, they; else whom it names.
    """

    id: str
    number: int
    time: datetime
    parameters: Parameters
    state: JsonObject
    witnesses: Witnesses | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a log says of `did`, but for its witnesses. `fault` is why it ends before its last line does."""

    did: str
    versions: tuple[Version, ...]
    fault: LogRefused | None = None

    @property
    def needs_witnesses(self) -> bool:
        """Whether its witness proofs have to be looked at before any of it is believed."""
        return any(version.witnesses for version in self.versions)


def read_log(data: bytes, did: str, *, now: datetime) -> Log:
    """The log in `data`, which must be that of `did`.

    Args:
        data: `did.jsonl` as fetched from anywhere: it proves itself.

    Raises:
        DidError: not a did:webvh.
        LogRefused: over 2 MiB or 1024 entries (`too_large`), a first entry that does not hold, or no document of `did`
            in any that does (`other_did`).
    """
    scid = scid_of(did)
    versions: list[Version] = []
    fault: LogRefused | None = None
    for line in _lines(data):
        try:
            versions.append(_version(line, versions[-1] if versions else None, scid, now))
        except LogRefused as error:
            fault = error
            break
    if fault is not None and not versions:
        raise fault
    if did not in {version.state["id"] for version in versions}:
        found = str(versions[-1].state["id"])[:120]
        raise LogRefused("the log of another DID", rule="other_did", found=found, expected=did[:120])
    return Log(did=did, versions=tuple(versions), fault=fault)


def _lines(data: bytes) -> list[bytes]:
    if len(data) > MAX_LOG_BYTES:
        found, expected = f"{len(data)} bytes", f"at most {MAX_LOG_BYTES} bytes"
        raise LogRefused("a log too large", rule="too_large", found=found, expected=expected)
    lines = data.removesuffix(b"\n").split(b"\n", MAX_ENTRIES)
    if len(lines) > MAX_ENTRIES:
        raise LogRefused("a log too long", rule="too_large", expected=f"at most {MAX_ENTRIES} entries")
    return lines


def _version(line: bytes, before: Version | None, scid: str, now: datetime) -> Version:
    entry = parse_entry(line)
    _check_order(entry, before, scid, now)
    if before is None:
        parameters = first_parameters(entry.parameters)
        _check_scid(entry, parameters.scid, scid)
    else:
        if before.parameters.deactivated:
            raise LogRefused("an entry after the DID was deactivated", rule="deactivated", expected="no further entry")
        parameters = next_parameters(before.parameters, entry.parameters)
    _check_keys(entry, before.parameters if before else None, parameters, now)
    _check_document(entry, before, scid)
    had = before.parameters.witnesses if before else None
    return Version(
        id=entry.version_id,
        number=entry.number,
        time=entry.time,
        parameters=parameters,
        state=entry.state,
        witnesses=had or parameters.witnesses,
    )


def _check_order(entry: Entry, before: Version | None, scid: str, now: datetime) -> None:
    number = before.number + 1 if before else 1
    if entry.number != number:
        found, expected = str(entry.number), str(number)
        raise LogRefused("an entry out of order", rule="version_number", found=found, expected=expected)
    computed = f"{number}-{entry_hash(entry.signed, before.id if before else scid)}"
    if entry.version_id != computed:
        found = entry.version_id[:64]
        raise LogRefused("an entry that was changed or moved", rule="entry_hash", found=found, expected=computed)
    if before is not None and entry.time <= before.time:
        expected = f"after {before.time.isoformat()}"
        raise LogRefused("no later than before", rule="version_time", found=entry.time.isoformat(), expected=expected)
    if entry.time > now + CLOCK_SKEW:
        found, expected = entry.time.isoformat(), f"at most {now.isoformat()}"
        raise LogRefused("an entry from the future", rule="future", found=found, expected=expected)


def _check_scid(entry: Entry, said: str, scid: str) -> None:
    """That the first entry is what the DID was made of."""
    if said != scid:
        raise LogRefused("the log of another SCID", rule="scid", found=said[:64], expected=scid)
    computed = scid_for(entry.signed, scid)
    if computed != scid:
        raise LogRefused("a first entry that is not of its SCID", rule="scid", found=scid, expected=computed)


def _check_keys(entry: Entry, before: Parameters | None, parameters: Parameters, now: datetime) -> None:
    """Steps 3 and 4: who may write this entry, and that they did."""
    may = parameters.update_keys if before is None or before.next_key_hashes else before.update_keys
    if before is not None and before.next_key_hashes:
        for key in may:
            if sha256_base58(key.encode()) not in before.next_key_hashes:
                expected = "keys of nextKeyHashes of the entry before"
                raise LogRefused("a key that was not announced", rule="pre_rotation", expected=expected)
    for proof in entry.proofs:
        if multikey_of(proof) not in may:
            expected = f"one of {len(may)} updateKeys"
            raise LogRefused("an entry by a key that may not write it", rule="authority", expected=expected)
        check_proof(entry.signed, proof, now)


def _check_document(entry: Entry, before: Version | None, scid: str) -> None:
    did = entry.state["id"]
    with refusing("state"):
        if scid_of(did) != scid:
            raise LogRefused("a document of another SCID", rule="state", found=did[:120], expected=scid)
    if before is None or did == before.state["id"]:
        return
    if not before.parameters.portable:
        expected = str(before.state["id"])[:120]
        raise LogRefused("moved, though it is not portable", rule="portable", found=did[:120], expected=expected)
    if before.state["id"] not in (as_list(entry.state.get("alsoKnownAs")) or ()):
        expected = f"alsoKnownAs with {before.state['id'][:120]}"
        raise LogRefused("moved without naming where from", rule="also_known_as", found=did[:120], expected=expected)
