"""DID resolution as others ask a node for it: what they may ask, results, and errors by their names.

Specs: https://www.w3.org/TR/did-resolution/, https://w3c-ccg.github.io/did-key-spec/#create
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from protocols.dids.did import MAX_DID_CHARACTERS, check_did, did_of
from protocols.dids.document import RELATIONSHIPS
from protocols.dids.key import KEY_FORMATS, MULTIKEY, PREFIX, KeyFormat, WrongKeyFormat, key_document
from protocols.dids.methods import UnsupportedDidMethod, resolve_offline
from protocols.dids.multiformats import InvalidKey, InvalidKeyLength, UnknownKeyType, decode_multikey
from protocols.dids.shapes import as_list, as_object
from protocols.dids.webvh import LogRefused, Wanted
from protocols.dids.webvh.history import NEWEST
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject

CONTEXT = "https://w3id.org/did-resolution/v1"
MAX_URL_CHARACTERS = MAX_DID_CHARACTERS + 2048
_AFTER_DID = re.compile(
    r"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*"
    r"(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?\Z"
)
"""path-abempty, query and fragment of RFC 3986."""
VERSION_PARAMETERS = ("versionId", "versionNumber", "versionTime")
"""What chooses a version of a document, in a DID URL or beside a DID."""
_NUMBER = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


class ResolutionError(DidError):
    """Why there is no answer, by the `name` that the specifications have for it.

    `rule` is the one that the log of a did:webvh breaks.
    """

    def __init__(
        self,
        detail: str,
        *,
        name: str = "internalError",
        rule: str | None = None,
        found: str | None = None,
        expected: str | None = None,
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.name = name
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be resolved: a DID, or what a DID URL names within its document; and which version of that."""

    did: str
    url: str
    wanted: Wanted = NEWEST

    @property
    def is_url(self) -> bool:
        """Whether this is dereferencing rather than resolving."""
        return self.url != self.did


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What did:key lets its caller choose; for other methods it changes nothing.

    Args:
        form: how keys are written.
        derives_agreement: whether an Ed25519 key has an X25519 key beside it.
    """

    form: KeyFormat = MULTIKEY
    derives_agreement: bool = True


def parse_target(text: str, beside: Mapping[str, str] | None = None) -> Target:
    """The DID or DID URL in `text`; raises ResolutionError `invalidDid` or `invalidDidUrl`.

    A query that only chooses a version makes no DID URL of a DID: it is resolved, as of then.

    Args:
        beside: version parameters that were given beside it; those within it count first.
    """
    did, rest = did_of(text), text[len(did_of(text)) :]
    try:
        check_did(did)
    except DidError as error:
        raise ResolutionError(error.detail, name="invalidDid", found=error.found, expected=error.expected) from error
    if len(text) > MAX_URL_CHARACTERS or not _AFTER_DID.match(rest):
        raise ResolutionError(
            "not a DID URL", name="invalidDidUrl", found=rest[:64], expected="path, query and fragment"
        )
    before, mark, fragment = rest.partition("#")
    query = _query(before[1:]) if before.startswith("?") else {}
    if before and not (query and query.keys() <= set(VERSION_PARAMETERS)):
        return Target(did, text)
    return Target(did, did + mark + fragment, _wanted({**(beside or {}), **query}))


def _query(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split("&"))
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _wanted(query: Mapping[str, str]) -> Wanted:
    number, time = query.get("versionNumber"), query.get("versionTime")
    if number is not None and not _NUMBER.match(number):
        raise ResolutionError("not a version number", name="invalidDidUrl", found=number[:64], expected="1 or more")
    return Wanted(
        version_id=query.get("versionId"),
        number=None if number is None else int(number),
        at=None if time is None else _time(time),
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time
    except ValueError:
        pass
    expected = "a date and time with its zone, as 2026-01-31T12:00:00Z"
    raise ResolutionError("not a version time", name="invalidDidUrl", found=text[:64], expected=expected)


def parse_options(form: str | None, *, experimental: bool, derives_agreement: bool) -> Options:
    """Raises ResolutionError `unsupportedPublicKeyType`, or `invalidPublicKeyType` for one that is experimental."""
    known = MULTIKEY if form is None else KEY_FORMATS.get(form)
    if known is None:
        formats = ", ".join(KEY_FORMATS)
        raise ResolutionError("an unknown key format", name="unsupportedPublicKeyType", found=form, expected=formats)
    if known.is_experimental and not experimental:
        expected = "enableExperimentalPublicKeyTypes"
        raise ResolutionError("an experimental format", name="invalidPublicKeyType", found=form, expected=expected)
    return Options(form=known, derives_agreement=derives_agreement)


def document_offline(target: Target, options: Options) -> JsonObject | None:
    """The document of a DID that carries it, None for one that has to be looked up.

    Raises:
        ResolutionError: `invalidDid`, `methodNotSupported`, or what is wrong with the key in it; `notFound` for a
            version of a document that has none.
    """
    try:
        if target.did.startswith(PREFIX):
            refuse_version(target)
            return key_document(target.did, form=options.form, derives_agreement=options.derives_agreement)
        found = resolve_offline(target.did)
    except ResolutionError:
        raise
    except DidError as error:
        name = _name_of(error, target.did)
        raise ResolutionError(error.detail, name=name, found=error.found, expected=error.expected) from error
    if found is not None:
        refuse_version(target)
    return None if found is None else dict(found.raw)


def refuse_version(target: Target) -> None:
    """For a DID whose document has no versions; raises ResolutionError `notFound` where one is asked for."""
    if target.wanted != NEWEST:
        raise ResolutionError("a DID without a history", name="notFound", found=target.did[:32], expected="a did:webvh")


def failure_of(error: DidError) -> ResolutionError:
    """Why a document that had to be looked up is not there, or, where its own log speaks against it, not believed."""
    match error:
        case ResolutionError():
            return error
        case LogRefused(rule=rule):
            name = "invalidDid"
        case _:
            name, rule = "notFound", None
    return ResolutionError(error.detail, name=name, rule=rule, found=error.found, expected=error.expected)


def dereference(document: JsonObject, target: Target) -> JsonObject:
    """The verification method or service that the fragment of a DID URL names; raises ResolutionError `notFound`."""
    wanted = {target.url, target.url[len(target.did) :]}
    members = (document.get(name) for name in ("verificationMethod", "service", *RELATIONSHIPS))
    for item in (item for member in members for item in as_list(member) or []):
        found = as_object(item)
        if found is not None and found.get("id") in wanted:
            return found
    raise ResolutionError("nothing of that name in the document", name="notFound", found=target.url[-80:])


def resolved(document: JsonObject, metadata: JsonObject) -> JsonObject:
    """A DID resolution result."""
    return {
        "@context": CONTEXT,
        "didDocument": document,
        "didDocumentMetadata": metadata,
        "didResolutionMetadata": {"contentType": "application/did+ld+json"},
    }


def dereferenced(content: JsonObject, metadata: JsonObject) -> JsonObject:
    """A DID URL dereferencing result; `didDocument` repeats its content for callers who look for it there."""
    return {
        "@context": CONTEXT,
        "contentStream": content,
        "contentMetadata": {},
        "didDocument": content,
        "didDocumentMetadata": metadata,
        "didDereferencingMetadata": {"contentType": "application/did+ld+json"},
    }


def failed(error: ResolutionError, *, is_url: bool) -> JsonObject:
    """A result with an error, for a DID URL or a DID."""
    facts: JsonObject = {"error": error.name, "message": error.sentence}
    if error.rule is not None:
        facts["problemDetails"] = {"type": f"#{error.rule}", "title": error.detail, "detail": error.sentence}
    return {
        "@context": CONTEXT,
        "didDocument": {},
        "didDocumentMetadata": {},
        "didDereferencingMetadata" if is_url else "didResolutionMetadata": facts,
    }


def _name_of(error: DidError, did: str) -> str:
    match error:
        case InvalidKeyLength():
            return "invalidPublicKeyLength"
        case InvalidKey():
            return "invalidPublicKey"
        case UnknownKeyType():
            return "unsupportedPublicKeyType"
        case WrongKeyFormat():
            return "invalidPublicKeyType"
        case UnsupportedDidMethod() if not _is_key(did.split(":", 2)[2]):
            return "methodNotSupported"
        case _:
            return "invalidDid"


def _is_key(identifier: str) -> bool:
    """Whether it is what did:key has: then the method was mistaken, and did:key calls that an invalid DID."""
    try:
        decode_multikey(identifier)
    except DidError:
        return False
    return True
