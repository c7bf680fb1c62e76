"""Taking a fetched Bitstring list into use: what is checked once, when it arrives, and what is kept of it.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.credentials.canonical import Reading
from protocols.credentials.model import Credential, parse_credential
from protocols.credentials.proofs import ProofResult
from protocols.credentials.shape import many
from protocols.credentials.validity import check_dates
from protocols.errors import MalformedCredential, TooLarge
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.status.bitstring import MIN_ENTRIES, compressed_of, inflate
from protocols.status.entry import Form
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusVerificationError
from protocols.status.freshness import MAX_TTL_S
from protocols.status.publish import LIST_TYPE

MAX_LIST_DOCUMENT_BYTES = 4 * 1024 * 1024
LIST_READING = Reading(max_bytes=MAX_LIST_DOCUMENT_BYTES)
"""For checking the proofs of a list: its document may be larger than other credentials."""
_PERMANENT = "revocation"
"""The purpose whose set bits are not meant to be cleared again (section 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A list that was accepted, as it is stored.

    Args:
        purposes: what the list may be read for.
        compressed: the GZIP bytes of the list.
        fetched_at: when it arrived or was last confirmed unchanged.
        made_at: its validFrom, or else the date of its proof: a later list may not be older.
        signed_at: the date of its proof: of two lists with one validFrom, it tells which is older.
        ttl_s: the issuer's hint.
        verification_method: the key whose proof held.
        cleared_count: how many entries that were set for revocation in an earlier list are clear in the one after it,
            counted over all lists that came.
        form, size: of a token's list, how many bits an entry has.
    """

    url: str
    issuer: str
    purposes: tuple[str, ...]
    compressed: bytes
    fetched_at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    made_at: datetime | None
    ttl_s: float | None
    verification_method: str
    signed_at: datetime | None = None
    cleared_count: int = 0
    form: Form = Form.BITSTRING
    size: int = 1


def accept_list(
    document: JsonObject,
    proof_results: Sequence[ProofResult],
    *,
    url: str,
    fetched_at: datetime,
    expected_issuer: str,
    previous: Snapshot | None,
) -> Snapshot:
    """The snapshot of a list that was fetched from `url` and whose proofs were checked with `expected_issuer`.

    Args:
        expected_issuer: the issuer of the credentials that point to this list (or whom it authorised).
        previous: the snapshot in use until now.

    Raises:
        StatusVerificationError: a proof does not hold, another issuer, another list, out of its dates, or older than
            the previous one.
        StatusListLengthError, MalformedValueError: a list that cannot be read.
    """
    credential = _list_credential(document)
    for result in proof_results or (None,):
        if result is None or result.outcome is not Outcome.YES:
            raise StatusVerificationError(
                "the proof of the list does not hold", found=result.reason if result else None
            )
    if credential.issuer != expected_issuer:
        raise StatusVerificationError(
            "the list is another issuer's", found=credential.issuer[:120], expected=expected_issuer[:120]
        )
    if credential.id is not None and credential.id != url:
        raise StatusVerificationError("another list than was asked for", found=credential.id[:120], expected=url[:120])
    outcome, reason = check_dates(credential, fetched_at)
    if outcome is not Outcome.YES:
        raise StatusVerificationError("the list is out of its dates", found=reason)
    created = [result.created for result in proof_results if result.created is not None]
    signed_at = max(created, default=None)
    made_at = credential.valid_from or signed_at
    if previous is not None and _is_older(made_at, signed_at, previous):
        raise StatusVerificationError("an older list than the one in use")
    return _snapshot(credential, proof_results, url, fetched_at, made_at, signed_at, previous)


def _is_older(made_at: datetime | None, signed_at: datetime | None, previous: Snapshot) -> bool:
    """An issuer may sign a list anew without touching its validFrom: then the proof is what dates it."""
    if previous.made_at is None:
        return False
    if made_at is None or made_at < previous.made_at:
        return True
    if made_at > previous.made_at or previous.signed_at is None:
        return False
    return signed_at is None or signed_at < previous.signed_at


def _list_credential(document: JsonObject) -> Credential:
    try:
        credential = parse_credential(document, max_bytes=MAX_LIST_DOCUMENT_BYTES)
    except (MalformedCredential, TooLarge) as error:
        raise MalformedValueError(f"the list is not a credential: {error.detail}", found=error.found) from error
    if LIST_TYPE not in credential.types:
        raise MalformedValueError("not a status list", expected=LIST_TYPE)
    return credential


def _snapshot(
    credential: Credential,
    proof_results: Sequence[ProofResult],
    url: str,
    fetched_at: datetime,
    made_at: datetime | None,
    signed_at: datetime | None,
    previous: Snapshot | None,
) -> Snapshot:
    if len(credential.subjects) != 1 or "BitstringStatusList" not in many(credential.subjects[0].get("type")):
        raise MalformedValueError("not one list", expected="one subject of type BitstringStatusList")
    subject = credential.subjects[0]
    purposes, encoded, ttl_ms = many(subject.get("statusPurpose")), subject.get("encodedList"), subject.get("ttl")
    if not purposes or not all(isinstance(purpose, str) for purpose in purposes):
        raise MalformedValueError("statusPurpose is missing", expected="one or more strings")
    if not isinstance(encoded, str):
        raise MalformedValueError("encodedList is missing", expected="a multibase string")
    if ttl_ms is not None and (not isinstance(ttl_ms, int | float) or isinstance(ttl_ms, bool) or ttl_ms < 0):
        raise MalformedValueError("ttl", found=str(ttl_ms)[:32], expected="milliseconds")
    compressed = compressed_of(encoded)
    bits = inflate(compressed)
    if len(bits) * 8 < MIN_ENTRIES:
        raise StatusListLengthError("the list is too short", found=f"{len(bits) * 8}", expected=f"{MIN_ENTRIES} bits")
    return Snapshot(
        url=url,
        issuer=credential.issuer,
        purposes=tuple(purposes),
        compressed=compressed,
        fetched_at=fetched_at,
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
        made_at=made_at,
        ttl_s=None if ttl_ms is None else min(ttl_ms / 1000, MAX_TTL_S),
        verification_method=proof_results[0].verification_method,
        signed_at=signed_at,
        cleared_count=_cleared(previous, bits) if _PERMANENT in purposes else 0,
    )


def _cleared(previous: Snapshot | None, bits: bytes) -> int:
    """Revocations that were taken back, in this list or in those before it."""
    if previous is None or _PERMANENT not in previous.purposes:
        return 0
    before = inflate(previous.compressed)
    length = max(len(before), len(bits))
    was, is_ = (int.from_bytes(part.ljust(length, b"\0"), "big") for part in (before, bits))
    return previous.cleared_count + (was & ~is_).bit_count()
