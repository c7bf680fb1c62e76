"""Witness proofs: whether enough of those whom a log names approved of each entry.

A proof of an entry stands for all entries before it. Those of entries that the log does not have, by keys that it does
not name, or that do not hold are passed over.

Spec: https://identity.foundation/didwebvh/v1.0/#verifying-witness-proofs-during-resolution
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from protocols.dids.shapes import as_list, as_object
from protocols.dids.webvh.log import Version
from protocols.dids.webvh.proof import check_proof, multikey_of, proofs_in
from protocols.dids.webvh.refusal import LogRefused, refusing
from protocols.jose.encoding import JsonObject, parse_json

MAX_WITNESS_BYTES = 1024 * 1024
MAX_ITEMS = 1024
MAX_PROOFS = 64
"""Of one version."""
MAX_CHECKS = 2048
"""How many signatures are looked at, however many proofs there are."""


def check_witnesses(versions: Sequence[Version], data: bytes | None, now: datetime) -> tuple[int, LogRefused | None]:
    """How many of `versions` have the approval they need, counted from the first, and what the next one lacks.

    Args:
        data: `did-witness.json`, None where there is none.
    """
    approved: Mapping[str, int] = {}
    fault: LogRefused | None = None
    try:
        approved = _approved(versions, data, now)
    except LogRefused as error:
        fault = error
    for place, version in enumerate(versions):
        if (needed := version.witnesses) is None:
            continue
        count = sum(approved.get(did, 0) >= version.number for did in needed.dids)
        if count < needed.threshold:
            found, expected = f"{count} for version {version.number}", f"at least {needed.threshold}"
            return place, fault or LogRefused("not enough witnesses", rule="threshold", found=found, expected=expected)
    return len(versions), None


def _approved(versions: Sequence[Version], data: bytes | None, now: datetime) -> Mapping[str, int]:
    """By witness, the number of the last version that they have a valid proof for.

    Raises:
        LogRefused: `witness_file`, or `too_large`.
    """
    named = {did for version in versions if version.witnesses for did in version.witnesses.dids}
    approved: dict[str, int] = {}
    checked = 0
    for number, version_id, proof in sorted(_proofs(versions, data), key=lambda item: -item[0]):
        try:
            did = f"did:key:{multikey_of(proof)}"
            if did not in named or did in approved:
                continue
            checked += 1
            if checked > MAX_CHECKS:
                raise LogRefused("too many witness proofs", rule="too_large", expected=f"at most {MAX_CHECKS}")
            check_proof({"versionId": version_id}, proof, now)
            approved[did] = number
        except LogRefused as error:
            if error.rule == "too_large":
                raise
    return approved


def _proofs(versions: Sequence[Version], data: bytes | None) -> Iterator[tuple[int, str, JsonObject]]:
    """Every proof of a version that there is, with its number and id."""
    if data is None:
        raise LogRefused("no witness proofs", rule="witness_file", expected="did-witness.json beside the log")
    with refusing("witness_file"):
        items = as_list(parse_json(data, max_bytes=MAX_WITNESS_BYTES))
    if items is None or len(items) > MAX_ITEMS:
        raise LogRefused("not a list of witness proofs", rule="witness_file", expected=f"at most {MAX_ITEMS} versions")
    numbers = {version.id: version.number for version in versions}
    for item in map(as_object, items):
        version_id = (item or {}).get("versionId")
        if item is None or not isinstance(version_id, str) or version_id not in numbers:
            continue
        with suppress(LogRefused):
            for proof in proofs_in(item.get("proof"), at_most=MAX_PROOFS):
                yield numbers[version_id], version_id, proof
