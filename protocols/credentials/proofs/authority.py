"""Whose key a signature names, and whether that key could sign this then. The same for every way to secure a document.

Spec: https://www.w3.org/TR/cid-1.0/#retrieve-verification-method
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protocols.credentials.times import format_time
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.findings import Outcome

CLOCK_SKEW = timedelta(minutes=5)
KNOWN_AFTER = timedelta(minutes=2)
"""How long a cache on the way may hold an older DID document back."""


class Answer(Exception):
    """The first thing that decides about a signature: its outcome, and the reason in one sentence."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a signature has to be, as whoever checks it knows from elsewhere.

    Args:
        purpose: the verification relationship that its key has to stand in.
        controller: whose key it has to be; None takes anybody's, and whoever asks decides what that is worth.
        seen_at: when DID documents were fetched that may have changed since, by DID.
        attested: since when others than its signer know a signature, by its digest (see `ProofResult`).
    """

    purpose: str
    now: datetime
    controller: str | None
    seen_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    attested: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


def authorised_method(
    kid: object, expected: Expected, documents: Mapping[str, DidDocument], signed_at: datetime | None
) -> VerificationMethod:
    """The key called `kid`, when it is the expected controller's and stands in the relationship; raises Answer."""
    if not isinstance(kid, str) or not kid.startswith("did:") or "#" not in kid:
        raise Answer(Outcome.NO, "The proof does not name its key by a DID URL.")
    owner = kid.partition("#")[0].partition("?")[0]
    if expected.controller is not None and owner != expected.controller:
        raise Answer(Outcome.NO, f"The key belongs to {short(owner)}, but {short(expected.controller)} had to sign.")
    document = documents.get(owner)
    if document is None:
        raise Answer(Outcome.COULD_NOT_TELL, f"The DID document of {short(owner)} is not available here.")
    method = document.method(kid)
    seen_at = expected.seen_at.get(owner)
    if method is None and seen_at is not None and (signed_at or expected.now) > seen_at - KNOWN_AFTER:
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


def check_key_dates(method: VerificationMethod, signed_at: datetime | None, now: datetime) -> None:
    """Raises Answer unless the key was in use at `signed_at`; without a date, now.

    What a key that was rotated out signed before holds as a signature; whether it was before is a question of trust in
    the date, and answered with the issuer's standing.
    """
    made = signed_at or now  # a signature without a date is as good as one made now
    if method.expires is not None and made >= method.expires:
        raise Answer(Outcome.NO, f"The key was rotated out at {format_time(method.expires)}, before the proof's date.")
    if method.revoked is not None and made >= method.revoked:
        raise Answer(Outcome.NO, f"The key was revoked at {format_time(method.revoked)}, before the proof's date.")


def check_leaked_key(method: VerificationMethod, now: datetime, attested_at: datetime | None) -> None:
    """Raises Answer where the key has leaked, unless others than the signer saw the signature before that."""
    if method.revoked is not None and now >= method.revoked and (attested_at is None or attested_at >= method.revoked):
        raise Answer(
            Outcome.COULD_NOT_TELL,
            f"The key was revoked at {format_time(method.revoked)}; that the proof is older is only its signer's word.",
        )


def out_of_use(method: VerificationMethod) -> datetime | None:
    """When the key ceased to sign, or is to; None for one that has no end."""
    return min((end for end in (method.expires, method.revoked) if end is not None), default=None)


def short(text: str) -> str:
    """A stranger's text as it may stand in a reason."""
    return text if len(text) <= 80 else f"{text[:77]}..."
