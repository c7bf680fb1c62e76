"""The keys that a member published once and no more, as we saw them ourselves.

What a key signed while it was published stays provable, though the member's present documents no longer show it: it
counts until when it was last seen there. Anybody's word for a past key, the member's included, is not taken.

    {"did": [{"method", "relationships", "until"}, …], "federation": [{"jwk", "until"}, …]}
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from node.storage.repos.federation import Peer
from protocols.credentials.shape import as_object, many
from protocols.credentials.times import parse_time
from protocols.dids.document import RELATIONSHIPS
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.jose.keys import PublicKey
from protocols.trust.jwks import parse_jwks
from protocols.trust.statement import MAX_STATEMENT_BYTES
from protocols.trust.times import format_instant

MAX_KEPT = 64
"""Of each kind; the newest stay."""

Keys = Mapping[str, tuple[PublicKey, datetime | None]]
"""Federation keys by kid, each with when it was seen last; None for those that are published now."""


def remember(row: Peer, *, configuration: str | None = None, document: JsonObject | None = None) -> None:
    """Keeps what `row` has and the new `configuration` or DID `document` does not; to be called before it is replaced.

    Args:
        document: the new one; an empty one where the old is dropped. None: it stays.
    """
    if row.fetched_at is None:
        return
    kept, until = dict(row.past_keys or {}), format_instant(row.fetched_at.replace(microsecond=0))
    if configuration is not None and row.configuration_jws is not None:
        now = {jwk.get("kid") for jwk in _jwks_in(configuration)}
        gone = [{"jwk": jwk, "until": until} for jwk in _jwks_in(row.configuration_jws) if jwk.get("kid") not in now]
        kept["federation"] = _with(kept.get("federation", []), gone, _kid)
    if document is not None and row.did_document is not None:
        now = {method.get("id") for method in _methods(document)}
        gone = [
            {"method": method, "relationships": _relationships(row.did_document, method["id"]), "until": until}
            for method in _methods(row.did_document)
            if method.get("id") not in now
        ]
        kept["did"] = _with(kept.get("did", []), gone, _method_id)
    if kept != (row.past_keys or {}) and any(kept.values()):
        row.past_keys = kept


def with_past_methods(document: JsonObject, past: Mapping[str, Any] | None) -> JsonObject:
    """The DID document with the methods that it had before, each with an `expires` no later than it was last seen."""
    known = {method.get("id") for method in _methods(document)}
    added = [entry for entry in (past or {}).get("did", []) if entry["method"]["id"] not in known]
    if not added:
        return document
    found: JsonObject = {**document, "verificationMethod": list(_methods(document))}
    for entry in added:
        method = entry["method"]
        ends = (each for each in (method.get("expires"), entry["until"]) if isinstance(each, str))
        expires = min(ends, key=lambda end: parse_time(end, "expires", offset_required=False))
        found["verificationMethod"].append({**method, "expires": expires})
        for name in entry["relationships"]:
            found[name] = [*many(found.get(name)), method["id"]]
    return found


def federation_keys(token: str, past: Mapping[str, Any] | None) -> Keys:
    """The federation keys that a statement or configuration has now, and those that went before."""
    current: dict[str, tuple[PublicKey, datetime | None]] = {
        kid: (key, None) for kid, key in parse_jwks({"keys": list(_jwks_in(token))}).items()
    }
    for entry in (past or {}).get("federation", []):
        for kid, key in parse_jwks({"keys": [entry["jwk"]]}).items():
            current.setdefault(kid, (key, datetime.fromisoformat(entry["until"])))
    return current


def _kid(entry: JsonObject) -> str:
    return entry["jwk"]["kid"]


def _method_id(entry: JsonObject) -> str:
    return entry["method"]["id"]


def _with(kept: list[JsonObject], gone: list[JsonObject], name: Callable[[JsonObject], str]) -> list[JsonObject]:
    """`kept` and what is gone now; of a key that came and went again, when it went last."""
    names = {name(entry) for entry in gone}
    return [*(entry for entry in kept if name(entry) not in names), *gone][-MAX_KEPT:]


def _jwks_in(token: str) -> Iterable[JsonObject]:
    return parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims["jwks"]["keys"]


def _methods(document: Mapping[str, Any]) -> list[JsonObject]:
    return [method for item in many(document.get("verificationMethod")) if (method := as_object(item)) is not None]


def _relationships(document: Mapping[str, Any], method_id: str) -> list[str]:
    return [name for name in RELATIONSHIPS if method_id in many(document.get(name))]
