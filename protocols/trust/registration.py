"""What a member is registered for: the credential types it issues, and what it may ask for as a verifier.

A verifier's registration is what a wallet and the exit relay hold every request against (consent checklist, check 6).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.jose.encoding import JsonObject
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import object_of, texts_of

MAX_ENTRIES = 64
MAX_RETENTION_DAYS = 36_500
_TYPE = r"[A-Za-z][A-Za-z0-9_.:/-]{0,199}"
_TYPE_ONLY = re.compile(rf"{_TYPE}\Z")
_CLAIM = re.compile(rf"({_TYPE})(?:#((?:/(?:[^~/#\s]|~[01]){{0,100}}){{1,16}}))?\Z")
_PURPOSE = re.compile(r"[a-z][a-z0-9_.:/-]{0,99}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRegistration:
    """The credential types that a member is recognised to issue."""

    types: tuple[str, ...]

    def to_json(self) -> JsonObject:
        return {"types": list(self.types)}

    @staticmethod
    def parse(value: object) -> "IssuerRegistration":
        """Raises StatementRefused (`registration`)."""
        return IssuerRegistration(
            types=_texts(object_of(value, rule="registration").get("types"), _TYPE_ONLY, "credential types")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierRegistration:
    """What a member may ask for: purpose codes, claims as `covers` reads them, and the longest retention in days."""

    purposes: tuple[str, ...]
    claims: tuple[str, ...]
    max_retention_days: int

    def to_json(self) -> JsonObject:
        return {
            "purposes": list(self.purposes),
            "claims": list(self.claims),
            "max_retention_days": self.max_retention_days,
        }

    @staticmethod
    def parse(value: object) -> "VerifierRegistration":
        """Raises StatementRefused (`registration`)."""
        entry = object_of(value, rule="registration")
        days = entry.get("max_retention_days")
        if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MAX_RETENTION_DAYS:
            raise StatementRefused(
                "a retention that is not a number of days",
                rule="registration",
                found=shown(days),
                expected=f"0 to {MAX_RETENTION_DAYS}",
            )
        return VerifierRegistration(
            purposes=_texts(entry.get("purposes"), _PURPOSE, "purpose codes"),
            claims=_texts(entry.get("claims"), _CLAIM, "a type, or type#/json/pointer"),
            max_retention_days=days,
        )


def covers(registered: Sequence[str], asked: str) -> bool:
    """Whether one of the `registered` claims covers `asked`.

    An entry is a credential type (`OpenBadgeCredential`: everything in it) or a type and an RFC 6901 pointer
    (`OpenBadgeCredential#/credentialSubject/achievement`: that member and everything under it). Compared code point
    by code point; an `asked` that is not of this form is covered by nothing.
    """
    wanted = _CLAIM.match(asked)
    if wanted is None:
        return False
    for entry in registered:
        allowed = _CLAIM.match(entry)
        if allowed is None or allowed[1] != wanted[1]:
            continue
        if allowed[2] is None:
            return True
        if wanted[2] is not None and (wanted[2] == allowed[2] or wanted[2].startswith(f"{allowed[2]}/")):
            return True
    return False


def _texts(value: object, form: re.Pattern[str], expected: str) -> tuple[str, ...]:
    texts = texts_of(value, rule="registration", at_most=MAX_ENTRIES)
    for entry in texts:
        if not form.match(entry):
            raise StatementRefused(
                "not an entry of a registration", rule="registration", found=shown(entry), expected=expected
            )
    if len(set(texts)) != len(texts):
        raise StatementRefused("an entry stands twice in a registration", rule="registration", expected="each once")
    return texts
