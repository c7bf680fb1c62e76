"""DID and DID URL syntax.

Spec: https://www.w3.org/TR/did-1.0/#did-syntax
"""

import re

from protocols.errors import DidError

MAX_DID_CHARACTERS = 8192
"""A long-form did:peer:4 carries its whole document; 8 kB is room for several keys and services."""

_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._:\-]|%[0-9A-Fa-f]{2})*[A-Za-z0-9._\-]\Z")
_URL_PARTS = re.compile(r"[?/#]")


def did_of(did_url: str) -> str:
    """The DID of a DID URL: what stands before the first of `?`, `/`, `#`. Checks nothing."""
    return _URL_PARTS.split(did_url, maxsplit=1)[0]


def check_did(did: str) -> str:
    """`did` itself, when it is a DID without path, query or fragment.

    Raises:
        DidError: it is not, or is longer than 8192 characters.
    """
    if len(did) > MAX_DID_CHARACTERS:
        raise DidError(
            "a DID too long", found=f"{len(did)} characters", expected=f"at most {MAX_DID_CHARACTERS} characters"
        )
    if not _DID.match(did):
        raise DidError("not a DID", found=did[:64], expected="did:method:identifier")
    return did


def method_of(did: str) -> str:
    """The method name of a DID, for example `web`."""
    return check_did(did).split(":", 2)[1]


def absolute(did: str, ref: str) -> str:
    """`ref` as an absolute DID URL: `#k` stands for `did#k`, anything else stands for itself.

    Spec: https://www.w3.org/TR/did-1.0/#relative-did-urls
    """
    return did + ref if ref.startswith(("#", "/", "?")) else ref
