"""What a trust mark accredits its holder for: which credentials, where, in which programmes, from when until when.

Claims of a trust mark beside those of the specification, which allows more (section 7.1):

    {"ler_scope": {"credential_types", "jurisdictions", "programmes", "frameworks"},
     "accredited_from": RFC 3339, "accredited_until": RFC 3339, "ler_status": "accredited"}

A list that is not there limits nothing. A mark without any of these claims is no accreditation, but a mark.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

from protocols.jose.encoding import JsonObject
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import object_of, texts_of
from protocols.trust.times import format_instant, parse_instant

MAX_ENTRIES = 64
SCOPE_CLAIM, STATUS_CLAIM = "ler_scope", "ler_status"
FROM_CLAIM, UNTIL_CLAIM = "accredited_from", "accredited_until"
CLAIMS = (SCOPE_CLAIM, FROM_CLAIM, UNTIL_CLAIM, STATUS_CLAIM)

ScopeStatus = Literal["accredited", "probation", "candidate", "withdrawn"]
"""`probation` is accredited still; `candidate` is not yet, `withdrawn` no longer."""

_ENTRY = re.compile(r"\S(?:[^\x00-\x1f\x7f]{0,198}\S)?\Z")
_LISTS = ("credential_types", "jurisdictions", "programmes", "frameworks")
_COUNTS: tuple[ScopeStatus, ...] = ("accredited", "probation")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkScope:
    """An accreditation.

    Args:
        credential_types: of credentials (`OpenBadgeCredential`) or of what they are about (`ceterms:Certificate`).
        jurisdictions: as in ISO 3166, `US-CO`; programmes: CIP codes or names; frameworks: URIs.
        accredited_from: the first moment; accredited_until: the first moment after. None: not limited on that side.
    """

    credential_types: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    accredited_from: datetime | None = None
    accredited_until: datetime | None = None
    status: ScopeStatus = "accredited"

    def __post_init__(self) -> None:
        begins, ends = self.accredited_from, self.accredited_until
        if begins is not None and ends is not None and ends <= begins:
            raise StatementRefused(
                "an accreditation that ends before it begins",
                rule="accredited_until",
                found=format_instant(ends),
                expected=f"after {format_instant(begins)}",
            )

    def is_in_force(self, at: datetime) -> bool:
        """Whether it accredits anything at all as of `at`."""
        begins, ends = self.accredited_from, self.accredited_until
        return self.status in _COUNTS and (begins is None or begins <= at) and (ends is None or at < ends)

    def covers(self, credential_type: str, at: datetime) -> bool:
        """Whether its holder was accredited as of `at` for this type, compared code point by code point."""
        return self.is_in_force(at) and (not self.credential_types or credential_type in self.credential_types)

    def to_claims(self) -> JsonObject:
        """As claims of a mark; `parse` gives the same back."""
        scope = {name: list(getattr(self, name)) for name in _LISTS if getattr(self, name)}
        claims: JsonObject = {SCOPE_CLAIM: scope, STATUS_CLAIM: self.status}
        if self.accredited_from is not None:
            claims[FROM_CLAIM] = format_instant(self.accredited_from)
        if self.accredited_until is not None:
            claims[UNTIL_CLAIM] = format_instant(self.accredited_until)
        return claims

    @staticmethod
    def parse(claims: Mapping[str, Any]) -> "MarkScope | None":
        """The accreditation in a mark's claims; None where it is none.

        Raises:
            StatementRefused: `ler_scope`, `ler_status`, `accredited_from`, `accredited_until`.
        """
        if not any(name in claims for name in CLAIMS):
            return None
        scope = object_of(claims.get(SCOPE_CLAIM, {}), rule=SCOPE_CLAIM)
        status = claims.get(STATUS_CLAIM, "accredited")
        if status not in get_args(ScopeStatus):
            raise StatementRefused(
                "not the status of an accreditation",
                rule=STATUS_CLAIM,
                found=shown(status),
                expected=", ".join(get_args(ScopeStatus)),
            )
        return MarkScope(
            **{name: _entries(scope[name]) for name in _LISTS if name in scope},
            accredited_from=_instant(claims, FROM_CLAIM),
            accredited_until=_instant(claims, UNTIL_CLAIM),
            status=cast("ScopeStatus", status),
        )


def _entries(value: object) -> tuple[str, ...]:
    texts = texts_of(value, rule=SCOPE_CLAIM, at_most=MAX_ENTRIES)
    for entry in texts:
        if not _ENTRY.match(entry):
            raise StatementRefused(
                "not an entry of a scope", rule=SCOPE_CLAIM, found=shown(entry), expected="1 to 200 characters"
            )
    if len(set(texts)) != len(texts):
        raise StatementRefused("an entry stands twice in a scope", rule=SCOPE_CLAIM, expected="each once")
    return texts


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    return parse_instant(claims[name], rule=name) if name in claims else None
