"""The JSON Schema (2020-12) of the verification report, served at /api/schemas/report.json."""

from typing import Any

from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.verification.provenance import Provenance
from protocols.verification.report import Verdict

_TIME: JsonObject = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
}
_NULLABLE_TIME: JsonObject = {**_TIME, "type": ["string", "null"]}
_TEXT: JsonObject = {"type": "string", "minLength": 1}
_NULLABLE_TEXT: JsonObject = {"type": ["string", "null"]}
_OUTCOME: JsonObject = {"enum": [outcome.value for outcome in Outcome]}


def _object(properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(name: str) -> JsonObject:
    return {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}


def _list_of(name: str) -> JsonObject:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


_DEFS: dict[str, Any] = {
    "check": _object(
        {
            "number": {"type": "integer", "minimum": 1},
            "name": _TEXT,
            "outcome": _OUTCOME,
            "reason": _TEXT,
            "at": _NULLABLE_TIME,
            "evidence": {"type": "object"},
        }
    ),
    "skill": _object(
        {
            "asked": _object({"uri": _TEXT, "name": {"type": "string"}}),
            "answer": {"enum": ["met", "partly", "not_met", "could_not_tell"]},
            "reason": _TEXT,
            "by": _NULLABLE_TEXT,
            "hops": {"type": "array", "items": _TEXT},
            "level": _NULLABLE_TEXT,
        }
    ),
    "claim": _object(
        {
            "path": {"type": "string", "pattern": "^/"},
            "provenance": {"enum": [provenance.value for provenance in Provenance]},
        }
    ),
    "issuer": _object(
        {"did": _TEXT, "name": _NULLABLE_TEXT, "standing": _OUTCOME, "reason": _TEXT, "since": _NULLABLE_TIME}
    ),
    "status": _object(
        {"list": _TEXT, "fetched_at": _NULLABLE_TIME, "freshness": {"enum": ["fresh", "stale", "unknown"]}}
    ),
    "request": _object({"id": _TEXT, "hash": _TEXT, "purpose": _TEXT, "issued_at": _TIME, "expires_at": _TIME}),
    "consent": _object({"record_hash": _TEXT, "payload_hash": _TEXT, "outcome": _OUTCOME, "checks": _list_of("check")}),
}

REPORT_SCHEMA: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://w3id.org/ler-exchange/schemas/verification-report/1.0",
    "title": "Verification report",
    **_object(
        {
            "id": _TEXT,
            "verdict": {"enum": [verdict.value for verdict in Verdict]},
            "checked_at": _TIME,
            "as_of": _NULLABLE_TIME,
            "subject": _NULLABLE_TEXT,
            "request": _nullable("request"),
            "checks": _list_of("check"),
            "skills": _list_of("skill"),
            "claims": _list_of("claim"),
            "issuer": _nullable("issuer"),
            "issuers": _list_of("issuer"),
            "status": _nullable("status"),
            "consent": _nullable("consent"),
            "delete_at": _NULLABLE_TIME,
        }
    ),
    "$defs": _DEFS,
}
