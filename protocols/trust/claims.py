"""The claims of an entity statement: which may stand where, and the syntax of each.

One function a rule of OpenID Federation 1.0 section 3.2.1, each refusing under its own name; statement.py puts them in
order. Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.2.1
"""

from typing import cast

from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks
from protocols.trust.policy import OPERATORS
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.shape import list_of, object_of, texts_of

MAX_HINTS = 16
MAX_MARKS = 64
MEMBERSHIP_CLAIM = "ler_membership"

_COMMON = {"iss", "sub", "iat", "exp", "jwks", "metadata", "crit"}
_CONFIGURATION_ONLY = {
    "authority_hints",
    "trust_anchor_hints",
    "trust_marks",
    "trust_mark_issuers",
    "trust_mark_owners",
}
_SUBORDINATE_ONLY = {"constraints", "metadata_policy", "metadata_policy_crit", "source_endpoint"}
_DEFINED = _COMMON | _CONFIGURATION_ONLY | _SUBORDINATE_ONLY | {"trust_anchor"}
_UNDERSTOOD = {MEMBERSHIP_CLAIM}


def check_required(claims: JsonObject) -> None:
    """The five claims that every statement has; raises `claim_missing`."""
    for name in ("iss", "sub", "iat", "exp", "jwks"):
        if claims.get(name) is None:
            raise StatementRefused(
                "a required claim is missing", rule="claim_missing", found=f"no {name}", expected=name
            )


def check_placement(claims: JsonObject, *, is_configuration: bool) -> None:
    """Which claims stand only in a configuration or only in a subordinate statement; raises `claim_misplaced`.

    A membership is a superior's to state. A top anchor has none and states its own, under the keys that are known out
    of band: so its node can be a relay of its network like any member's.
    """
    misplaced = set(_SUBORDINATE_ONLY if is_configuration else _CONFIGURATION_ONLY)
    if is_configuration and "authority_hints" in claims:
        misplaced.add(MEMBERSHIP_CLAIM)
    for name in sorted((misplaced | {"trust_anchor"}) & claims.keys()):
        raise StatementRefused(
            "a claim where it may not stand",
            rule="claim_misplaced",
            found=name,
            expected=f"not in {'an entity configuration' if is_configuration else 'a subordinate statement'}",
        )


def check_crit(claims: JsonObject) -> None:
    """Critical claims are ones that the specification does not define and this program knows; raises `crit`."""
    if "crit" not in claims:
        return
    for name in texts_of(claims["crit"], rule="crit", at_most=MAX_HINTS):
        if name in _DEFINED or name not in _UNDERSTOOD or name not in claims:
            raise StatementRefused(
                "a critical claim that is not understood", rule="crit", found=name[:80], expected=MEMBERSHIP_CLAIM
            )


def check_policy_crit(claims: JsonObject) -> None:
    """No operator beyond the standard ones is understood; raises `metadata_policy_crit`."""
    if "metadata_policy_crit" in claims:
        for name in texts_of(claims["metadata_policy_crit"], rule="metadata_policy_crit", at_most=MAX_HINTS):
            raise StatementRefused(
                "a critical policy operator that is not understood",
                rule="metadata_policy_crit",
                found=name[:80],
                expected=f"none: {', '.join(sorted(OPERATORS))} need not be listed",
            )


def entity_ids(claims: JsonObject, name: str) -> tuple[str, ...]:
    """An optional claim that lists entity ids, never empty where it stands; raises its own name, or `entity_id`."""
    if name not in claims:
        return ()
    ids = texts_of(claims[name], rule=name, at_most=MAX_HINTS)
    return tuple(check_entity_id(entity_id) for entity_id in ids)


def metadata_of(claims: JsonObject) -> dict[str, JsonObject]:
    """Metadata by entity type; a null parameter is refused, not read as absent. Raises `metadata`."""
    metadata = object_of(claims.get("metadata", {}), rule="metadata")
    for entity_type, parameters in metadata.items():
        for name, value in object_of(parameters, rule="metadata").items():
            if value is None:
                raise StatementRefused(
                    "a metadata value is null",
                    rule="metadata_null",
                    found=f"{entity_type}.{name}"[:80],
                    expected="a value, or no such member",
                )
    return cast("dict[str, JsonObject]", metadata)


def policy_of(claims: JsonObject) -> JsonObject | None:
    """A metadata policy: entity type → parameter → operators. Raises `metadata_policy`."""
    if "metadata_policy" not in claims:
        return None
    policy = object_of(claims["metadata_policy"], rule="metadata_policy")
    for parameters in policy.values():
        for operators in object_of(parameters, rule="metadata_policy").values():
            object_of(operators, rule="metadata_policy")
    return policy


def check_marks(claims: JsonObject) -> None:
    """The syntax of trust marks, their issuers and owners; whether a mark is to be trusted is another question.

    Raises:
        StatementRefused: `trust_marks`, `trust_mark_issuers`, `trust_mark_owners`, or `entity_id` and `jwks` in them.
    """
    for mark in list_of(claims.get("trust_marks", []), rule="trust_marks", at_most=MAX_MARKS, at_least=0):
        entry = object_of(mark, rule="trust_marks")
        mark_type, token = entry.get("trust_mark_type"), entry.get("trust_mark")
        with refusing("trust_marks"):
            inner = parse_compact(token).claims if isinstance(token, str) else {}
        if not isinstance(mark_type, str) or inner.get("trust_mark_type") != mark_type:
            raise StatementRefused(
                "a trust mark of another type", rule="trust_marks", found=shown(mark_type), expected="the mark's own"
            )
    for issuers in object_of(claims.get("trust_mark_issuers", {}), rule="trust_mark_issuers").values():
        for issuer in texts_of(issuers, rule="trust_mark_issuers", at_most=MAX_MARKS, at_least=0):
            check_entity_id(issuer)
    for value in object_of(claims.get("trust_mark_owners", {}), rule="trust_mark_owners").values():
        owner = object_of(value, rule="trust_mark_owners")
        check_entity_id(owner.get("sub"))
        parse_jwks(owner.get("jwks"))


def check_source_endpoint(claims: JsonObject) -> None:
    """Where this statement is fetched from, an https URL; raises `source_endpoint`."""
    endpoint = claims.get("source_endpoint", "https://")
    if not isinstance(endpoint, str) or not endpoint.startswith("https://") or len(endpoint) > 2048:
        raise StatementRefused(
            "not a fetch endpoint", rule="source_endpoint", found=shown(endpoint), expected="an https URL"
        )
