"""relatedResource: what a credential refers to, by digest.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V2
from protocols.credentials.shape import as_object, as_text, is_url, many
from protocols.dids.multiformats import multibase_decode
from protocols.errors import DidError, MalformedCredential
from protocols.jose.encoding import JsonObject

MAX_RELATED = 64
_MULTIHASH = {"sha256": b"\x12\x20", "sha384": b"\x20\x30"}
_BARE = {32: "sha256", 48: "sha384"}
"""Length of a digest without the multihash header, as others write it too → what it was made with."""

PUBLISHED: Mapping[str, tuple[Mapping[str, str], ...]] = {
    CREDENTIALS_V2: (
        {
            "sha256": "WZVc7WaX1h4D8rJVb+vlMIqxaEKEb1tYbX8fet7JJzQ=",
            "sha384": "l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU",
        },
        {
            "sha256": "JKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k=",
            "sha384": "NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg",
        },
    )
}
"""Digests of resources as their publishers serve or served them: the recommendation's and the candidate's of July 2024.

The copies in `contexts/` are the same JSON in other bytes, so their digests say nothing here.
"""


def check_related(value: Any) -> None:
    """Raises MalformedCredential unless every entry has an id of its own and a digest that can be right.

    What stands behind an id is not fetched; where its publisher's digests are known, one of them has to be named.
    """
    items = many(value)
    if len(items) > MAX_RELATED:
        raise MalformedCredential("too many relatedResource", found=str(len(items)), expected=f"at most {MAX_RELATED}")
    seen: set[str] = set()
    for found in items:
        item = as_object(found) or {}
        url = item.get("id")
        if not is_url(url) or url in seen:
            raise MalformedCredential("a relatedResource without an id of its own", expected="one entry for each URL")
        seen.add(str(url))
        digests = _digests(item)
        if not digests:
            raise MalformedCredential("a relatedResource without digest", expected="digestSRI or digestMultibase")
        _check_published(str(url), digests)


def _check_published(url: str, digests: Mapping[str, bytes]) -> None:
    known = PUBLISHED.get(url)
    if known is None:
        return
    for version in known:
        if all(base64.b64decode(version[name]) == digest for name, digest in digests.items()):
            return
    raise MalformedCredential("a relatedResource with the digest of something else", found=url[:120])


def _digests(item: JsonObject) -> Mapping[str, bytes]:
    """Each digest of an entry by its algorithm; two of one algorithm have to be the same."""
    found: dict[str, bytes] = {}
    texts = [text for value in many(item.get("digestSRI")) for text in (as_text(value) or "?").split()]
    digests = [_of_sri(text) for text in texts]
    digests += [_of_multibase(as_text(value) or "?") for value in many(item.get("digestMultibase"))]
    for name, digest in digests:
        if found.setdefault(name, digest) != digest:
            raise MalformedCredential("a relatedResource with two digests of one kind", found=name)
    return found


def _of_sri(text: str) -> tuple[str, bytes]:
    name, _, encoded = text.partition("-")
    sizes = {"sha256": 32, "sha384": 48, "sha512": 64}
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        digest = b""
    if name not in sizes or len(digest) != sizes[name]:
        raise MalformedCredential("digestSRI", found=text[:80], expected="sha384- and the digest in base64")
    return name, digest


def _of_multibase(text: str) -> tuple[str, bytes]:
    try:
        decoded = multibase_decode(text[:128])
    except DidError:
        decoded = b""
    for name, prefix in _MULTIHASH.items():
        if decoded.startswith(prefix) and len(decoded) == len(prefix) + prefix[1]:
            return name, decoded[len(prefix) :]
    if len(decoded) in _BARE:
        return _BARE[len(decoded)], decoded
    raise MalformedCredential("digestMultibase", found=text[:80], expected="a multibase-encoded multihash")
