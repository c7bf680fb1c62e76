"""What credentials and presentations share: contexts, types, identifiers, and who speaks.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts
"""

from collections.abc import Mapping
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from protocols.credentials.shape import as_object, is_url, many
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

MAX_CONTEXTS = 16
MAX_TYPES = 32
_VERSIONS = {CREDENTIALS_V2: "2.0", CREDENTIALS_V1: "1.1"}


def parse_contexts(value: JsonObject) -> tuple[tuple[str, ...], str]:
    """The context URLs and the version of the data model that the first of them names (section 4.3)."""
    context = value.get("@context")
    if not isinstance(context, list) or not context:
        raise MalformedCredential("@context is not a list", expected=f"a list that starts with {CREDENTIALS_V2}")
    items = many(context)  # pyright: ignore[reportUnknownArgumentType]
    if len(items) > MAX_CONTEXTS:
        raise MalformedCredential("too many contexts", found=str(len(items)), expected=f"at most {MAX_CONTEXTS}")
    first = items[0]
    if not isinstance(first, str) or first not in _VERSIONS:
        raise MalformedCredential(
            "@context starts with another context", found=str(first)[:80], expected=CREDENTIALS_V2
        )
    for item in items[1:]:
        if not is_url(item) and as_object(item) is None:
            raise MalformedCredential("a context that is neither URL nor object", found=str(item)[:80])
        if isinstance(item, str) and item in _VERSIONS:
            raise MalformedCredential("a base context out of place", found=str(item), expected="it alone, and first")
    return tuple(item for item in items if isinstance(item, str)), _VERSIONS[first]


def parse_types(value: JsonObject, required: str) -> tuple[str, ...]:
    """The types, `required` among them (section 4.5)."""
    types = many(value.get("type"))
    if len(types) > MAX_TYPES or not all(isinstance(type_, str) and type_ for type_ in types):
        raise MalformedCredential("type is not a list of names", expected=f"at most {MAX_TYPES} strings")
    if required not in types:
        raise MalformedCredential("a document of another type", found=str(types)[:80], expected=required)
    return tuple(types)


def owner_of(value: JsonObject, name: str) -> str:
    """The URL in `issuer` or `holder`, which is a URL or an object with one as its id."""
    owner = value.get(name)
    found = as_object(owner)
    url = found.get("id") if found is not None else owner
    if not is_url(url):
        raise MalformedCredential(f"{name} is not a URL", found=str(url)[:80], expected="a DID or an object with one")
    return str(url)


def optional_url(value: Mapping[str, Any], name: str) -> str | None:
    """A single URL or nothing (section 4.4)."""
    if name not in value:
        return None
    if not is_url(value[name]):
        raise MalformedCredential(f"{name} is not a URL", found=str(value[name])[:80], expected="one absolute URL")
    return value[name]
