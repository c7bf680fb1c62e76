"""The rules for the optional properties of a credential: status, schema, evidence, terms, names, related resources.

Spec: https://www.w3.org/TR/vc-data-model-2.0/ sections 4.6, 4.10, 4.11, 5.3 to 5.6
"""

from typing import Any

from protocols.credentials.related import check_related
from protocols.credentials.shape import as_object, is_url, many
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

MAX_ITEMS = 64
_TYPED = ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence", "proof")
_WITH_ID = {"credentialSchema": ("2.0", "1.1"), "refreshService": ("1.1",), "credentialStatus": ("1.1",)}
_LANGUAGE_KEYS = {"@value", "@language", "@direction"}


def check_properties(value: JsonObject, version: str) -> None:
    """Raises MalformedCredential for the first optional property that breaks its rule."""
    for name in _TYPED:
        if name in value:
            _check_typed(value, name, version)
    for holder in (value, as_object(value.get("issuer")) or {}):
        for name in ("name", "description"):
            if version == "2.0" and name in holder:
                _check_language(holder[name], name)
    if "relatedResource" in value:
        check_related(value["relatedResource"])


def _check_typed(value: JsonObject, name: str, version: str) -> None:
    items = many(value[name])
    if len(items) > MAX_ITEMS:
        raise MalformedCredential(f"too many {name}", found=str(len(items)), expected=f"at most {MAX_ITEMS}")
    for found in items if items else [None]:
        item = as_object(found)
        types = many(item.get("type")) if item is not None else []
        if item is None or not types or not all(isinstance(type_, str) and type_ for type_ in types):
            raise MalformedCredential(f"{name} without type", expected="objects with a type")
        if ("id" in item or version in _WITH_ID.get(name, ())) and not is_url(item.get("id")):
            raise MalformedCredential(f"the id of {name} is not a URL", found=str(item.get("id"))[:80])


def _check_language(value: Any, name: str) -> None:
    for item in many(value):
        shaped = as_object(item)
        if isinstance(item, str):
            continue
        if shaped is None or not isinstance(shaped.get("@value"), str) or not shaped.keys() <= _LANGUAGE_KEYS:
            raise MalformedCredential(f"{name} is not text", expected="a string or {@value, @language}")
