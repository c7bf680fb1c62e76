"""The bytes that an RDF-based proof signs: a document's statements in RDFC-1.0 form, limits before work.

Specs: https://www.w3.org/TR/vc-data-integrity/#transformations, https://www.w3.org/TR/rdf-canon/
"""

import json
from dataclasses import dataclass

import orjson

from protocols.credentials.contexts import BUNDLED, Contexts
from protocols.credentials.rdf.rdfc import Limits, canonicalize
from protocols.credentials.rdf.statements import statements
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject

MAX_CREDENTIAL_BYTES = 256 * 1024
MAX_PRESENTATION_BYTES = 288 * 1024
"""A presentation may be a little larger than a credential; three layers of base64 of it still fit an envelope."""
LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Under which contexts, and up to which size as compact JSON, a document is read."""

    contexts: Contexts = BUNDLED
    max_bytes: int = MAX_PRESENTATION_BYTES


USUAL = Reading()


def canonical_rdf(document: JsonObject, reading: Reading = USUAL) -> bytes:
    """The canonical N-Quads of `document`, UTF-8.

    Raises:
        TooLarge: over the size, 32 levels, 256 blank nodes (6 of them alike) or 10,000 statements.
        ContextUnknown: a context that is not in force.
        MalformedCredential: anything that would be dropped and so go unsigned, or a document that states nothing.
    """
    check_size(document, reading.max_bytes)
    found = statements(document, reading.contexts, max_quads=LIMITS.quads)
    if not len(found):
        raise MalformedCredential("a document that states nothing", expected="at least one statement")
    return canonicalize(found, limits=LIMITS).nquads


def check_size(document: JsonObject, max_bytes: int) -> None:
    """Raises TooLarge when `document` written as compact JSON has more than `max_bytes`, or nests beyond measure."""
    try:
        size = _written(document)
    except RecursionError as error:
        raise TooLarge("JSON nested too deeply", expected="at most 32 levels") from error
    if size > max_bytes:
        raise TooLarge("a document too large", found=f"{size} bytes", expected=f"at most {max_bytes} bytes")


def _written(document: JsonObject) -> int:
    try:
        return len(orjson.dumps(document))
    except orjson.JSONEncodeError:  # a lone surrogate, a number of over 64 bits, or nesting: others judge of those
        return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
