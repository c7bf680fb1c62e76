"""The four JSON schemas of TRQP v2, in our own words: required members, types and formats as ToIP has them.

Spec: https://github.com/trustoverip/tswg-trust-registry-protocol, approved/schema
"""

from typing import Any

from jsonschema import Draft202012Validator

_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
"""`date-time` of RFC 3339, in UTC with Z; as a pattern, since a format is checked only where a library for it is."""
_ASKED = dict.fromkeys(("entity_id", "authority_id", "action", "resource"), _TEXT)
_CONTEXT = {"type": "object", "properties": {"time": _TEXT}, "additionalProperties": _TEXT}


def _response(verdict: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*_ASKED, "time_evaluated", verdict],
        "properties": {
            **_ASKED,
            verdict: {"type": "boolean"},
            "time_requested": _INSTANT,
            "time_evaluated": _INSTANT,
            "message": _TEXT,
            "context": _CONTEXT,
        },
    }


REQUEST = Draft202012Validator(
    {
        "type": "object",
        "required": list(_ASKED),
        "properties": {**_ASKED, "context": {**_CONTEXT, "properties": {"time": _INSTANT}}},
    }
)
"""Both requests have one schema."""
RESPONSES = {
    "authorization": Draft202012Validator(_response("authorized")),
    "recognition": Draft202012Validator(_response("recognized")),
}
