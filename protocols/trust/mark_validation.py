"""Whether a trust mark is to be believed: by what the anchor says about who may issue its type, and who owns it.

Trust in the issuer comes first: its keys are those of its own chain to the same anchor, and a mark by whoever has none
is refused before anything else of it is looked at.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-7.3
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.marks import Delegation, TrustMark, check_mark_type
from protocols.trust.refusal import StatementRefused
from protocols.trust.shape import object_of, texts_of
from protocols.trust.statement import LEEWAY

MAX_TYPES = 64
MAX_ISSUERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOwner:
    """Who owns a type of marks, and the keys by which it delegates."""

    entity_id: str
    jwks: Mapping[str, PublicKey]

    def to_json(self) -> JsonObject:
        return {"sub": self.entity_id, "jwks": to_jwks(self.jwks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRules:
    """What an anchor's configuration says about trust marks.

    Args:
        issuers: type → who may issue it; nobody listed: anybody whose own chain holds. A type that is not here is not
            recognised.
        owners: type → who owns it. Its marks need the owner's delegation, even one that the owner issues itself.
    """

    issuers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    owners: Mapping[str, MarkOwner] = field(default_factory=dict[str, MarkOwner])

    @staticmethod
    def parse(claims: Mapping[str, Any]) -> "MarkRules":
        """The rules in the claims of an anchor's configuration.

        Raises:
            StatementRefused: `trust_mark_issuers`, `trust_mark_owners`, `trust_mark_type`, `entity_id`, `jwks`.
        """
        issuers = _by_type(claims, "trust_mark_issuers")
        owners = _by_type(claims, "trust_mark_owners")
        return MarkRules(
            issuers={name: _issuers(value) for name, value in issuers.items()},
            owners={name: _owner(value) for name, value in owners.items()},
        )


def validate_mark(
    mark: TrustMark,
    *,
    holder: str,
    issuer_keys: Mapping[str, PublicKey] | None,
    rules: MarkRules,
    now: datetime,
) -> None:
    """Returns when the mark is good: every rule of section 7.3 holds.

    Args:
        holder: entity id of whoever shows the mark.
        issuer_keys: the federation keys of its issuer, by a chain to the anchor that `rules` are of; None where there
            is no such chain.

    Raises:
        StatementRefused: `mark_issuer_untrusted`, `mark_type_unknown`, `mark_issuer_not_listed`, `mark_holder`,
            `issued_in_the_future`, `expired`, `kid_unknown`, `signature`, `delegation_missing`, and for a delegation
            `delegation_unowned`, `delegation_owner`, `delegation_subject`, `delegation_type`, `delegation_future`,
            `delegation_expired`, `delegation_kid_unknown`, `delegation_signature`.
    """
    if issuer_keys is None:
        raise StatementRefused(
            "a mark by somebody outside of the network",
            rule="mark_issuer_untrusted",
            found=mark.iss,
            expected="a chain",
        )
    _check_listed(mark, rules)
    if mark.sub != holder:
        raise StatementRefused("a mark of another", rule="mark_holder", found=mark.sub, expected=holder)
    if mark.iat > now + LEEWAY:
        raise StatementRefused("issued in the future", rule="issued_in_the_future", found=mark.iat.isoformat())
    if not mark.is_current(now):
        raise StatementRefused("the mark has expired", rule="expired", expected=f"after {now.isoformat()}")
    mark.verify_with(issuer_keys)
    owner, delegation = rules.owners.get(mark.trust_mark_type), mark.delegation
    if delegation is not None:
        _check_delegation(delegation, mark, owner, now)
    elif owner is not None:
        raise StatementRefused(
            "a mark of an owned type without delegation",
            rule="delegation_missing",
            found="none",
            expected=f"a delegation by {owner.entity_id}",
        )


def _check_listed(mark: TrustMark, rules: MarkRules) -> None:
    listed = rules.issuers.get(mark.trust_mark_type)
    if listed is None:
        raise StatementRefused(
            "a type of marks that the anchor does not recognise",
            rule="mark_type_unknown",
            found=mark.trust_mark_type[:160],
            expected=f"one of {len(rules.issuers)} types",
        )
    if listed and mark.iss not in listed:
        raise StatementRefused(
            "a mark by somebody who may not issue it",
            rule="mark_issuer_not_listed",
            found=mark.iss,
            expected=", ".join(listed)[:300],
        )


def _check_delegation(delegation: Delegation, mark: TrustMark, owner: MarkOwner | None, now: datetime) -> None:
    """Section 7.2.2; the owner's keys are those in the anchor's configuration, never any that came along."""
    if owner is None:
        raise StatementRefused(
            "a delegation of a type that nobody is known to own", rule="delegation_unowned", found=delegation.iss
        )
    if delegation.iss != owner.entity_id:
        raise StatementRefused(
            "a delegation by another than the owner",
            rule="delegation_owner",
            found=delegation.iss,
            expected=owner.entity_id,
        )
    if delegation.sub != mark.iss:
        raise StatementRefused(
            "a delegation to another", rule="delegation_subject", found=delegation.sub, expected=mark.iss
        )
    if delegation.trust_mark_type != mark.trust_mark_type:
        raise StatementRefused(
            "a delegation of another type",
            rule="delegation_type",
            found=delegation.trust_mark_type[:160],
            expected=mark.trust_mark_type[:160],
        )
    if delegation.iat > now + LEEWAY:
        raise StatementRefused("delegated in the future", rule="delegation_future", found=delegation.iat.isoformat())
    if delegation.exp is not None and delegation.exp <= now:
        raise StatementRefused(
            "the delegation has expired", rule="delegation_expired", found=delegation.exp.isoformat()
        )
    delegation.verify_with(owner.jwks)


def _by_type(claims: Mapping[str, Any], name: str) -> JsonObject:
    found = object_of(claims.get(name, {}), rule=name)
    if len(found) > MAX_TYPES:
        raise StatementRefused("too many types", rule=name, found=str(len(found)), expected=f"at most {MAX_TYPES}")
    return {check_mark_type(each): value for each, value in found.items()}


def _issuers(value: object) -> tuple[str, ...]:
    listed = texts_of(value, rule="trust_mark_issuers", at_most=MAX_ISSUERS, at_least=0)
    return tuple(check_entity_id(issuer) for issuer in listed)


def _owner(value: object) -> MarkOwner:
    owner = object_of(value, rule="trust_mark_owners")
    return MarkOwner(entity_id=check_entity_id(owner.get("sub")), jwks=parse_jwks(owner.get("jwks")))
