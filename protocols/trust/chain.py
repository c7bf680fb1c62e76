"""A trust chain from an entity to an anchor that we know by keys got out of band.

A chain is [the subject's entity configuration, subordinate statements upwards, the anchor's entity configuration];
for a direct member that is three statements. Any broken rule makes the whole chain invalid.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-10.2
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import pairwise
from typing import Any

from protocols.jose.keys import PublicKey
from protocols.trust.entity import node_did
from protocols.trust.membership import Membership
from protocols.trust.policy import apply_policy, merge_policies
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.statement import EntityStatement, parse_statement

MAX_CHAIN_LENGTH = 6
MAX_CHAIN_BYTES = 192 * 1024

Anchors = Mapping[str, Mapping[str, PublicKey]]
"""Trust anchors by entity id, with the keys that were learnt out of band (an invitation, a configuration)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A valid chain. `exp` is the earliest of its statements; `metadata` is what the superior made of the subject's."""

    subject: str
    anchor: str
    exp: datetime
    statements: tuple[EntityStatement, ...]
    metadata: Mapping[str, Mapping[str, Any]]

    @property
    def about_subject(self) -> EntityStatement | None:
        """The immediate superior's statement about the subject; None for the chain of the anchor itself."""
        return self.statements[1] if len(self.statements) > 2 else None

    @property
    def vouching(self) -> EntityStatement:
        """The statement that names the subject and its membership: its superior's, or the anchor's about itself."""
        return self.about_subject or self.statements[0]

    @property
    def membership(self) -> Membership | None:
        """The subject's membership, by its superior; by itself only where it is the anchor."""
        return self.vouching.membership


def validate_chain(statements: Sequence[str], *, anchors: Anchors, now: datetime) -> Chain:
    """The chain in `statements`, when every rule of section 10.2 holds.

    Raises:
        StatementRefused: those of `parse_statement`, and `chain_length`, `chain_size`, `loop`, `not_a_configuration`,
            `not_a_subordinate_statement`, `iss_sub_mismatch`, `unknown_anchor`, `kid_unknown`, `signature`,
            `authority_hints_mismatch`, `anchor_key`, `max_path_length`, `naming_constraints`,
            `metadata_policy`, `metadata`, `did_mismatch`.
    """
    _check_limits(statements)
    parsed = tuple(parse_statement(token, now) for token in statements)
    _check_linked(parsed)
    anchor = parsed[-1]
    keys = anchors.get(anchor.iss)
    if keys is None:
        raise StatementRefused(
            "an anchor that is not configured here", rule="unknown_anchor", found=anchor.iss, expected="a known anchor"
        )
    _check_signatures(parsed, keys)
    _check_constraints(parsed)
    metadata = _resolved(parsed)
    _check_did(parsed, metadata)
    return Chain(
        subject=parsed[0].sub,
        anchor=anchor.iss,
        exp=min(statement.exp for statement in parsed),
        statements=parsed,
        metadata=metadata,
    )


def _check_limits(statements: Sequence[str]) -> None:
    if not 1 <= len(statements) <= MAX_CHAIN_LENGTH:
        raise StatementRefused(
            "a chain of the wrong length",
            rule="chain_length",
            found=f"{len(statements)} statements",
            expected=f"1 to {MAX_CHAIN_LENGTH}",
        )
    size = sum(len(token) for token in statements)
    if size > MAX_CHAIN_BYTES:
        raise StatementRefused(
            "a chain too large", rule="chain_size", found=f"{size} bytes", expected=f"at most {MAX_CHAIN_BYTES}"
        )


def _check_linked(parsed: tuple[EntityStatement, ...]) -> None:
    """Each statement is issued by the subject of the next, both ends speak of themselves, nobody comes twice."""
    for end in (parsed[0], parsed[-1]):
        if not end.is_configuration:
            raise StatementRefused(
                "a chain that does not begin and end with an entity configuration",
                rule="not_a_configuration",
                found=f"{end.iss} about {end.sub}",
                expected="iss equal to sub",
            )
    for lower, upper in pairwise(parsed):
        if lower.iss != upper.sub:
            raise StatementRefused(
                "the issuer of a statement is not the subject of the next",
                rule="iss_sub_mismatch",
                found=upper.sub,
                expected=lower.iss,
            )
    for middle in parsed[1:-1]:
        if middle.is_configuration:
            raise StatementRefused(
                "an entity configuration inside a chain", rule="not_a_subordinate_statement", found=middle.sub
            )
    # each subordinate statement climbs to its issuer; the subject is where the climb starts
    climbed = [parsed[0].sub, *(statement.iss for statement in parsed[1:-1])]
    if len(set(climbed)) != len(climbed):
        raise StatementRefused("an entity comes twice in a chain", rule="loop", expected="each entity once")
    if len(parsed) == 2:  # two configurations of one entity: linked, but no chain
        raise StatementRefused("a chain without subordinate statement", rule="chain_length", found="2 statements")


def _check_signatures(parsed: tuple[EntityStatement, ...], anchor_keys: Mapping[str, PublicKey]) -> None:
    """Self-signed below, vouched for by the one above, and at the top by a key that did not come with the chain."""
    parsed[0].verify_with(parsed[0].jwks)
    for lower, upper in pairwise(parsed):
        lower.verify_with(upper.jwks)
    try:
        parsed[-1].verify_with(anchor_keys)
    except StatementRefused as refusal:
        raise StatementRefused(
            "the anchor's configuration is not signed by a key known out of band",
            rule="anchor_key",
            found=parsed[-1].kid[:80],
            expected=f"one of {len(anchor_keys)} known keys",
        ) from refusal
    if len(parsed) > 1 and parsed[1].iss not in parsed[0].authority_hints:
        raise StatementRefused(
            "the subject does not name its superior",
            rule="authority_hints_mismatch",
            found=shown(list(parsed[0].authority_hints)),
            expected=parsed[1].iss,
        )


def _check_constraints(parsed: tuple[EntityStatement, ...]) -> None:
    for position, statement in enumerate(parsed):
        if statement.constraints is not None:
            statement.constraints.check(
                intermediates=position - 1, subjects=[below.sub for below in parsed[: position + 1]]
            )


def _check_did(parsed: tuple[EntityStatement, ...], resolved: Mapping[str, Mapping[str, Any]]) -> None:
    """The DID that the anchor admitted is the one that the member claims, and no policy makes another of it."""
    membership = parsed[1 if len(parsed) > 2 else 0].membership
    if membership is None:
        return
    claimed = [statement.metadata for statement in parsed[:2]]
    for metadata in [*claimed, resolved] if "ler_node" in resolved else claimed:
        if node_did(metadata) != membership.did:
            raise StatementRefused(
                "a DID other than the one that was admitted",
                rule="did_mismatch",
                found=shown(node_did(metadata)),
                expected=membership.did,
            )


def _resolved(parsed: Sequence[EntityStatement]) -> dict[str, dict[str, Any]]:
    """The subject's metadata as its superiors make it (section 6.1.4).

    Overridden by the immediate superior's, without the types that a superior does not allow, and under the policies
    of all superiors, merged from the anchor downwards.
    """
    above: Mapping[str, Mapping[str, Any]] = parsed[1].metadata if len(parsed) > 2 else {}
    merged = {name: {**own, **above.get(name, {})} for name, own in parsed[0].metadata.items()}
    limits = [statement.constraints for statement in parsed if statement.constraints is not None]
    allowed = {name: value for name, value in merged.items() if all(limit.allows(name) for limit in limits)}
    policies = (statement.metadata_policy for statement in reversed(parsed) if statement.metadata_policy is not None)
    return apply_policy(reduce(merge_policies, policies, {}), allowed)
