"""What a log says about its own processing: who may write, who witnesses, how long it may be kept.

Spec: https://identity.foundation/didwebvh/v1.0/#didwebvh-did-method-parameters
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from protocols.dids.multiformats import UnknownKeyType, decode_multikey
from protocols.dids.shapes import as_list, as_object
from protocols.dids.webvh.refusal import LogRefused, Rule, refusing
from protocols.jose.encoding import JsonObject

METHOD = "did:webvh:1.0"
MAX_ITEMS = 64
MAX_ITEM_CHARACTERS = 2048
MAX_TTL_S = 2**31
DEFAULT_TTL_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """How many of which did:keys have to approve of an entry."""

    threshold: int
    dids: tuple[str, ...]

    def to_json(self) -> JsonObject:
        """As DID document metadata has it, where integers are strings."""
        return {"threshold": str(self.threshold), "witnesses": [{"id": did} for did in self.dids]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is in force after an entry.

    Args:
        update_keys: as Multikeys; of whom the next entry has to be, unless keys were rotated in advance.
        next_key_hashes: of the keys that the next entry may have; not empty while keys are rotated in advance.
        witnesses: None where nobody has to approve.
    """

    scid: str
    update_keys: tuple[str, ...] = ()
    next_key_hashes: tuple[str, ...] = ()
    witnesses: Witnesses | None = None
    watchers: tuple[str, ...] = ()
    portable: bool = False
    deactivated: bool = False
    ttl_s: int = DEFAULT_TTL_S


def first_parameters(raw: JsonObject) -> Parameters:
    """Those of the first entry, which must name the method, the SCID and a key.

    Raises:
        LogRefused: `method`, `scid`, `update_keys`, `witness`, or `parameter` for any other.
    """
    found = _read(raw)
    required: tuple[tuple[str, Rule], ...] = (("method", "method"), ("scid", "scid"), ("updateKeys", "update_keys"))
    for name, rule in required:
        if not found.get(name):
            raise LogRefused(f"a first entry without {name}", rule=rule, expected=f"parameters with {name}")
    return _changed(Parameters(scid=found["scid"]), found)


def next_parameters(before: Parameters, raw: JsonObject) -> Parameters:
    """Those of a later entry; what it does not name stays.

    Raises:
        LogRefused: as above; `portable` where it is switched on again; `pre_rotation` where keys are rotated in
            advance and the entry does not name its own and the next.
    """
    found = _read(raw)
    if "scid" in found:
        raise LogRefused("an SCID in a later entry", rule="scid", expected="one in the first entry only")
    if found.get("portable") and not before.portable:
        raise LogRefused("portable, though the entry before is not", rule="portable", expected="false")
    if before.next_key_hashes and not {"updateKeys", "nextKeyHashes"} <= found.keys():
        expected = "updateKeys and nextKeyHashes"
        raise LogRefused("an entry without keys, though they are rotated", rule="pre_rotation", expected=expected)
    return _changed(before, found)


def _read(raw: JsonObject) -> dict[str, Any]:
    """Each parameter by its name, checked for its own form."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in _READERS:
            raise LogRefused("an unknown parameter", rule="parameter", found=name[:64], expected=", ".join(_READERS))
        given = _INSTEAD_OF_NULL[name] if value is None and name in _INSTEAD_OF_NULL else value
        found[name] = _READERS[name](given)
    return found


def _changed(before: Parameters, found: Mapping[str, Any]) -> Parameters:
    return replace(before, **{_FIELDS[name]: value for name, value in found.items() if name in _FIELDS})


def _method(value: Any) -> str:
    if value != METHOD:
        raise LogRefused("another version of did:webvh", rule="method", found=str(value)[:32], expected=METHOD)
    return METHOD


def _scid(value: Any) -> str:
    if not isinstance(value, str):
        raise LogRefused("an SCID that is no string", rule="scid", expected="a string")
    return value


def _keys(value: Any) -> tuple[str, ...]:
    """Multikeys, also of kinds that can never sign here."""
    keys = _strings(value, "updateKeys", "update_keys")
    for key in keys:
        with refusing("update_keys"), suppress(UnknownKeyType):
            decode_multikey(key)
    return keys


def _hashes(value: Any) -> tuple[str, ...]:
    return _strings(value, "nextKeyHashes", "pre_rotation")


def _witnesses(value: Any) -> Witnesses | None:
    fields = as_object(value)
    if fields == {}:
        return None
    items = as_list((fields or {}).get("witnesses")) or []
    dids = [str((as_object(item) or {}).get("id"))[:256] for item in items[: MAX_ITEMS + 1]]
    threshold = (fields or {}).get("threshold")
    for did in dids:
        with refusing("witness"):
            decode_multikey(did.removeprefix("did:key:"))
        if not did.startswith("did:key:"):
            raise LogRefused("a witness that is no did:key", rule="witness", found=did[:64], expected="did:key:z…")
    if not 0 < len(dids) <= MAX_ITEMS or len(set(dids)) != len(dids):
        expected = f"1 to {MAX_ITEMS} witnesses, each once"
        raise LogRefused("not a list of witnesses", rule="witness", found=f"{len(dids)} witnesses", expected=expected)
    if type(threshold) is not int or not 0 < threshold <= len(dids):
        raise LogRefused("no threshold for witnesses", rule="witness", expected=f"1 to {len(dids)}")
    return Witnesses(threshold=threshold, dids=tuple(dids))


def _watchers(value: Any) -> tuple[str, ...]:
    return _strings(value, "watchers", "parameter")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise LogRefused("portable or deactivated is neither true nor false", rule="parameter", expected="a boolean")
    return value


def _ttl(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_TTL_S:
        raise LogRefused("not a ttl", rule="parameter", found=str(value)[:32], expected=f"0 to {MAX_TTL_S} seconds")
    return value


def _strings(value: Any, name: str, rule: Rule) -> tuple[str, ...]:
    items = as_list(value)
    if items is None or len(items) > MAX_ITEMS:
        raise LogRefused(f"{name} is not a list", rule=rule, expected=f"at most {MAX_ITEMS} strings")
    if not all(isinstance(item, str) and len(item) <= MAX_ITEM_CHARACTERS for item in items):
        raise LogRefused(f"{name} has something else in it", rule=rule, expected="strings")
    return tuple(items)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "method": _method,
    "scid": _scid,
    "updateKeys": _keys,
    "nextKeyHashes": _hashes,
    "witness": _witnesses,
    "watchers": _watchers,
    "portable": _flag,
    "deactivated": _flag,
    "ttl": _ttl,
}
_FIELDS = {
    "updateKeys": "update_keys",
    "nextKeyHashes": "next_key_hashes",
    "witness": "witnesses",
    "watchers": "watchers",
    "portable": "portable",
    "deactivated": "deactivated",
    "ttl": "ttl_s",
}
_INSTEAD_OF_NULL: Mapping[str, Any] = {
    "updateKeys": [],
    "nextKeyHashes": [],
    "witness": {},
    "watchers": [],
    "ttl": DEFAULT_TTL_S,
}
"""The first programs wrote null where they switched something off; readers should take it (General Rules)."""
