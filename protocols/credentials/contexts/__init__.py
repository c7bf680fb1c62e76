"""The JSON-LD contexts that may give a credential its meaning: bundled here, pinned by SHA-256, and no others.

What a signature means depends on the contexts, and the contexts are not signed: whoever can choose them can make a
signed statement say something else. So nothing is fetched, nothing inline is read, and a file here that was changed
is refused when it is first used. Sources and licences: NOTICE in this folder.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from protocols.credentials.shape import many
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject, parse_object

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
OPEN_BADGES_ALL = "https://purl.imsglobal.org/spec/ob/v3p0/context"
CLR_ALL = "https://purl.imsglobal.org/spec/clr/v2p0/context"
"""How the contexts of Open Badges 3.0 and CLR 2.0 begin, in every version of theirs."""
DATA_INTEGRITY_V1 = "https://w3id.org/security/data-integrity/v1"
DATA_INTEGRITY_V2 = "https://w3id.org/security/data-integrity/v2"
ED25519_2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
STATUS_V1 = "https://www.w3.org/ns/credentials/status/v1"
BASES = (CREDENTIALS_V1, CREDENTIALS_V2)
"""What the contexts of a credential or presentation start with."""
_OB = "https://purl.imsglobal.org/spec/ob/v3p0"

PINNED: Mapping[str, tuple[str, str]] = {
    CREDENTIALS_V1: ("credentials-v1.json", "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"),
    CREDENTIALS_V2: ("credentials-v2.json", "8a9f494a89ecc51db093e90e84713e07e84d6d9204364a9b3c7868b21751236f"),
    f"{_OB}/context.json": ("ob-3.0.json", "9f1c8f9f361ba2994b9b50701f41149919542c50c7b7455b2846d87959295d72"),
    f"{_OB}/context-3.0.1.json": (
        "ob-3.0.1.json",
        "af095468326d3449160509b26ca71576e6321d13c85b0369cfe3b654c9a48fba",
    ),
    f"{_OB}/context-3.0.2.json": (
        "ob-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
    ),
    OPEN_BADGES: ("ob-3.0.3.json", "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"),
    OPEN_BADGES_EXTENSIONS: (
        "ob-extensions.json",
        "2d013f981d1f4516081a6a04e55468ba2b071d4153b794f19a79715c45a89a5e",
    ),
    CLR: ("clr-2.0.1.json", "d371397030ae9b16a37c468fac463d37ff441f3a7bb364ddfc964624c573b847"),
    DATA_INTEGRITY_V1: (
        "data-integrity-v1.json",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
    ),
    DATA_INTEGRITY_V2: (
        "data-integrity-v2.json",
        "0f77743daf5b4e8fc067fc5ba5b21044283053aa717fc6b0219843bed3b00363",
    ),
    "https://w3id.org/security/multikey/v1": (
        "multikey-v1.json",
        "c5f3806f8286920573221938917988a18a4cc5a09e968d29649613c7a1c2b1f6",
    ),
    ED25519_2020: (
        "ed25519-2020-v1.json",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
    STATUS_V1: (
        "status-v1.json",
        "fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c",
    ),
    "https://w3id.org/vc/status-list/2021/v1": (
        "status-list-2021-v1.json",
        "634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160",
    ),
}
"""url → (file in this folder, SHA-256 of its bytes in hex)."""

FOR_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "https://www.w3.org/ns/credentials/examples/v2": (
        "examples-v2.json",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
    ),
    "https://www.w3.org/ns/credentials/undefined-terms/v2": (
        "undefined-terms-v2.json",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
    ),
    "https://www.w3.org/2018/credentials/examples/v1": (
        "examples-v1.json",
        "752b1e9904235cf3af61265ef3a6d6a73c66a56f090379efcdcbf069e2a9299a",
    ),
    "https://www.w3.org/ns/odrl.jsonld": (
        "odrl.json",
        "e028768d8f72dd25d1d27c97d5898f8877447b31f77316a9f3300ad4f301bb0c",
    ),
}
"""What the W3C's examples and test suites use. It defines any term at all, so it gives a credential no meaning here."""


class ContextUnknown(MalformedCredential):
    """A context that is not pinned: what the document means cannot be told here."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """The contexts in force: those pinned here, and those an operator added by digest.

    Args:
        added: (url, bytes of the context document) pairs whose digests were checked by whoever added them. A pinned
            url cannot be replaced.
        open_terms: whether FOR_EXAMPLES are in force too, and a document may bring terms of its own, as
            `protocols.credentials.rdf.inline` bounds them. Only for callers that decide themselves what a document
            says: nothing here reads such terms.
    """

    added: tuple[tuple[str, bytes], ...] = ()
    open_terms: bool = False

    def __contains__(self, url: object) -> bool:
        return (
            url in PINNED or (self.open_terms and url in FOR_EXAMPLES) or any(url == known for known, _ in self.added)
        )

    def document(self, url: str) -> JsonObject:
        """The context document at `url`, to be read only.

        Raises:
            ContextUnknown: not in force, or the bundled file does not have its digest.
        """
        if url in PINNED:
            return _bundled(*PINNED[url])
        for known, data in self.added:
            if known == url:
                return parse_object(data)
        if self.open_terms and url in FOR_EXAMPLES:
            return _bundled(*FOR_EXAMPLES[url])
        raise ContextUnknown("an unknown JSON-LD context", found=url[:120], expected="one of the pinned contexts")


BUNDLED = Contexts()
OPEN = Contexts(open_terms=True)


def contexts_named(value: Any) -> frozenset[str]:
    """The URLs of contexts that stand anywhere in a document; in contexts of its own none can be referred to."""
    found: set[str] = set()
    pending: list[Any] = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending += cast("list[Any]", each)
        elif isinstance(each, dict):
            for name, item in cast("JsonObject", each).items():
                if name == "@context":
                    found.update(url for url in many(item) if isinstance(url, str))
                else:
                    pending.append(item)
    return frozenset(found)


@cache
def _bundled(name: str, expected: str) -> JsonObject:
    data = (files(__name__) / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        raise ContextUnknown("a bundled context was changed", found=name, expected=f"SHA-256 {expected}")
    return parse_object(data)


def document(url: str) -> JsonObject:
    """The pinned context document at `url`, to be read only; raises ContextUnknown, as `Contexts.document` does."""
    return BUNDLED.document(url)
