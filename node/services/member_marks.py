"""The trust marks that a member holds, as far as the directory is searched by them."""

from typing import Any, cast

from node.services.directory import Member
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.trust.statement import MAX_STATEMENT_BYTES

MAX_MARKS = 64


def marks_of(member: Member) -> frozenset[str]:
    """The types of the trust marks in a member's synced configuration: what it says it holds, not what holds.

    Spec: https://openid.net/specs/openid-federation-1_0.html#section-3.1.2
    """
    if member.configuration is None:
        return frozenset()
    marks: Any = parse_compact(member.configuration, max_bytes=MAX_STATEMENT_BYTES).claims.get("trust_marks")
    entries = cast("list[Any]", marks)[:MAX_MARKS] if isinstance(marks, list) else []
    types = (cast(JsonObject, entry).get("trust_mark_type") for entry in entries if isinstance(entry, dict))
    return frozenset(each for each in types if isinstance(each, str))
