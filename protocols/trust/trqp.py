"""The Trust Registry Query Protocol of ToIP, version 2: what is asked, and what is answered.

    authorization   may this entity do `action` with `resource`?     issue, verify, relay
    recognition     as above, and is it a member at all?             issue, verify, relay, recognize

The answer is yes or no and nothing between: whoever cannot tell refuses to answer.

Spec: https://github.com/trustoverip/tswg-trust-registry-protocol, specification/v2 (core and HTTPS binding)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from protocols.jose.encoding import JsonObject
from protocols.trust.refusal import StatementRefused, shown
from protocols.trust.shape import object_of
from protocols.trust.standing import Role, TrustDecision
from protocols.trust.times import format_instant, parse_instant

Kind = Literal["authorization", "recognition"]

ACTIONS: Mapping[str, Role] = {"issue": "issuer", "verify": "verifier", "relay": "relay"}
"""Action → the role that an entity is registered in for it."""
RECOGNIZE = "recognize"
"""The action that asks, of recognition alone, for membership whatever the role; its resource is the authority."""

MAX_IDENTIFIER_CHARACTERS = 512
MAX_RESOURCE_CHARACTERS = 2048
MAX_CONTEXT_ENTRIES = 16
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[!#-;=?-\[\]_a-z~]+\Z")
"""RFC 3986 with a scheme, as far as characters go."""
_VERDICT: Mapping[Kind, str] = {"authorization": "authorized", "recognition": "recognized"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustQuery:
    """One question; `context` as it came, None where none did.

    Args:
        time: `context.time`, the instant that is asked about; None: now.
    """

    entity_id: str
    authority_id: str
    action: str
    resource: str
    context: Mapping[str, str] | None
    time: datetime | None

    @staticmethod
    def parse(value: object) -> "TrustQuery":
        """The question in a request body; members that the schema does not have are passed over.

        Raises:
            StatementRefused: `trqp_query`; `trqp_time` for a time that is not RFC 3339 in UTC with Z.
        """
        query = object_of(value, rule="trqp_query")
        context = _context(query["context"]) if "context" in query else None
        time = (context or {}).get("time")
        return TrustQuery(
            entity_id=_identifier(query, "entity_id"),
            authority_id=_identifier(query, "authority_id"),
            action=_text(query, "action", MAX_IDENTIFIER_CHARACTERS),
            resource=_text(query, "resource", MAX_RESOURCE_CHARACTERS),
            context=context,
            time=parse_instant(time, rule="trqp_time") if time else None,
        )


def trqp_answer(kind: Kind, query: TrustQuery, decision: TrustDecision, *, now: datetime) -> JsonObject:
    """The response body: what was asked, the verdict, the reason for people, and when it was evaluated.

    Raises:
        ValueError: for a decision that is neither yes nor no.
    """
    if decision.outcome == "could_not_tell":
        raise ValueError("this protocol has no word for what cannot be told")
    answer: JsonObject = {
        "entity_id": query.entity_id,
        "authority_id": query.authority_id,
        "action": query.action,
        "resource": query.resource,
        _VERDICT[kind]: decision.outcome == "yes",
        "time_evaluated": format_instant(now),
        "message": decision.reason,
    }
    if query.time is not None:
        answer["time_requested"] = format_instant(query.time)
    if query.context is not None:
        answer["context"] = dict(query.context)
    return answer


def _context(value: object) -> Mapping[str, str]:
    context = object_of(value, rule="trqp_query")
    if len(context) > MAX_CONTEXT_ENTRIES:
        raise StatementRefused(
            "a context with too many members",
            rule="trqp_query",
            found=f"{len(context)} members",
            expected=f"at most {MAX_CONTEXT_ENTRIES}",
        )
    for text in context.values():
        if not isinstance(text, str) or len(text) > MAX_RESOURCE_CHARACTERS:
            raise StatementRefused(
                "a member of context that is not a short text",
                rule="trqp_query",
                found=type(text).__name__,
                expected=f"strings of at most {MAX_RESOURCE_CHARACTERS} characters",
            )
    return context


def _identifier(query: JsonObject, name: str) -> str:
    text = _text(query, name, MAX_IDENTIFIER_CHARACTERS)
    if not _URI.match(text):
        raise StatementRefused(f"{name} is not a URI", rule="trqp_query", found=shown(text), expected="a DID or URL")
    return text


def _text(query: JsonObject, name: str, at_most: int) -> str:
    text = query.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= at_most:
        raise StatementRefused(
            f"{name} is missing or not a short text",
            rule="trqp_query",
            found=type(text).__name__ if not isinstance(text, str) else f"{len(text)} characters",
            expected=f"1 to {at_most} characters",
        )
    return text
