"""Whose key a proof names and whether it may sign this: the same question for embedded proofs and for envelopes.

Specs: https://www.w3.org/TR/cid-1.0/#retrieve-verification-method,
https://www.w3.org/TR/vc-data-integrity/#verify-proof
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.credentials.shape import many
from protocols.credentials.times import format_time
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import ProtocolError
from protocols.findings import Outcome

CLOCK_SKEW = timedelta(minutes=5)
KNOWN_AFTER = timedelta(minutes=2)
"""How long a cache on the way may hold an older DID document back."""


class Answer(Exception):
    """An answer that ends the check of one proof."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a proof has to fit; `proofs.check_proofs` says what each member means."""

    purpose: str
    now: datetime
    challenge: str | None
    domain: frozenset[str] | None
    controller: str | None
    seen_at: Mapping[str, datetime]


def expected_of(
    *,
    purpose: str,
    now: datetime,
    challenge: str | None,
    domain: str | Sequence[str] | None,
    controller: str | None,
    seen_at: Mapping[str, datetime] | None,
) -> Expected:
    """The expectations in one value; a single domain is a set of one."""
    return Expected(
        purpose=purpose,
        now=now,
        challenge=challenge,
        domain=None if domain is None else frozenset((domain,) if isinstance(domain, str) else domain),
        controller=controller,
        seen_at=seen_at or {},
    )


def check_asked(challenge: object, domain: Any, expected: Expected) -> None:
    """Raises Answer where the proof answers another challenge, or was made for other domains, than were set."""
    if expected.challenge is not None and challenge != expected.challenge:
        raise Answer(Outcome.NO, "The proof answers another challenge than the one that was set.")
    if expected.domain is not None and frozenset(map(str, many(domain))) != expected.domain:
        raise Answer(Outcome.NO, "The proof was made for another domain.")


def signing_method(
    kid: object, created: datetime | None, documents: Mapping[str, DidDocument], expected: Expected
) -> VerificationMethod:
    """The key `kid`, when it is the expected controller's and stands in the relationship; raises Answer otherwise."""
    if not isinstance(kid, str) or not kid.startswith("did:") or "#" not in kid:
        raise Answer(Outcome.NO, "The proof does not name its key by a DID URL.")
    owner = kid.partition("#")[0].partition("?")[0]
    document = controller_document(owner, documents, expected)
    method = document.method(kid)
    seen_at = expected.seen_at.get(owner)
    if method is None and seen_at is not None and (created or expected.now) > seen_at - KNOWN_AFTER:
        raise Answer(
            Outcome.COULD_NOT_TELL,
            f"The key is not in the DID document of {short(owner)} as fetched at {format_time(seen_at)}; "
            "a key that is newer is not known here yet.",
        )
    if document.id != owner or method is None:
        raise Answer(Outcome.NO, f"The key is not in the DID document of {short(owner)}.")
    if method.controller != owner:
        raise Answer(Outcome.NO, f"The key is controlled by {short(method.controller)}, not by {short(owner)}.")
    if document.method(kid, expected.purpose) is None:
        raise Answer(Outcome.NO, f"The key is not authorised for {expected.purpose}.")
    return method


def controller_document(owner: str, documents: Mapping[str, DidDocument], expected: Expected) -> DidDocument:
    """The document of whoever owns the key; raises Answer for another owner than expected, or none at hand."""
    if expected.controller is not None and owner != expected.controller:
        raise Answer(Outcome.NO, f"The key belongs to {short(owner)}, but {short(expected.controller)} had to sign.")
    document = documents.get(owner)
    if document is None:
        raise Answer(Outcome.COULD_NOT_TELL, f"The DID document of {short(owner)} is not available here.")
    return document


def check_times(created: datetime | None, expires: datetime | None, method: VerificationMethod, now: datetime) -> None:
    """Raises Answer where the proof is of the future or expired, or its key was out of force when it was made."""
    check_proof_times(created, expires, now)
    made = created or now  # a proof without a date is as good as one made now
    if method.expires is not None and made >= method.expires:
        raise Answer(Outcome.NO, f"The key was rotated out at {format_time(method.expires)}, before the proof's date.")
    if method.revoked is not None and made >= method.revoked:
        raise Answer(Outcome.NO, f"The key was revoked at {format_time(method.revoked)}, before the proof's date.")
    if method.revoked is not None and now >= method.revoked:
        raise Answer(
            Outcome.COULD_NOT_TELL,
            f"The key was revoked at {format_time(method.revoked)}; that the proof is older is only its signer's word.",
        )


def check_proof_times(created: datetime | None, expires: datetime | None, now: datetime) -> None:
    """The part of `check_times` that needs no key from a DID document."""
    if created is not None and created > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, "The proof is dated in the future.")
    if expires is not None and expires <= now:
        raise Answer(Outcome.NO, f"The proof expired at {format_time(expires)}.")


def unreadable(error: ProtocolError) -> str:
    """The sentence for a document that could not be read as signed."""
    found = f": {error.found}" if error.found else ""
    return f"The document cannot be read as signed: {error.detail}{found}."


def short(text: str) -> str:
    """`text` in at most 80 characters."""
    return text if len(text) <= 80 else f"{text[:77]}..."
