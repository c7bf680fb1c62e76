"""DID resolution for others: what a DID's document is, and what a DID URL names in it.

Whatever a DID carries itself, and this node's own document, is told to anybody. A document that stands on somebody's
web server is fetched, through the one guarded way out, for callers that may make this node call others.

Spec: https://www.w3.org/TR/did-resolution/
"""

from dataclasses import dataclass, field

from node.adapters.did_resolver import Resolver
from node.errors import NodeError
from node.services.identity import Identity
from protocols.dids.resolution import (
    Options,
    ResolutionError,
    Target,
    dereference,
    dereferenced,
    document_offline,
    failure_of,
    refuse_version,
    resolved,
)
from protocols.dids.webvh.history import NEWEST
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True)
class Found:
    """A DID document, with what is known about its versions; `is_over` where the DID was deactivated."""

    document: JsonObject
    metadata: JsonObject = field(default_factory=dict[str, JsonObject])
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Identifiers:
    identity: Identity
    resolver: Resolver

    def is_local(self, target: Target) -> bool:
        """Whether `target` is resolved without calling anybody."""
        return self.identity.is_ours(target.did) or not target.did.startswith(("did:web:", "did:webvh:"))

    def result(self, found: Found, target: Target) -> JsonObject:
        """A resolution or dereferencing result; raises ResolutionError `notFound` for a part that is not there."""
        if target.is_url:
            return dereferenced(dereference(found.document, target), found.metadata)
        return resolved(found.document, found.metadata)

    async def find(self, target: Target, options: Options) -> Found:
        """The DID document that `target` is, or is in, in the version that is wanted.

        Raises:
            ResolutionError: by the name of what is wrong; `internalError` where a host did not answer.
        """
        document = document_offline(target, options)
        if document is not None:
            return Found(document)
        try:
            if target.did.startswith("did:webvh:"):
                return await self._in_history(target)
            refuse_version(target)
            return Found(dict((await self.resolver.resolve(target.did)).raw))
        except DidError as error:
            raise failure_of(error) from error
        except NodeError as error:
            raise ResolutionError(error.detail, found=error.found, expected=error.expected) from error

    async def _in_history(self, target: Target) -> Found:
        """A deactivated DID still has a document, which says nothing any more."""
        history = await self.resolver.history(target.did)
        version = history.version(target.wanted)
        is_over = target.wanted == NEWEST and history.is_deactivated
        return Found(version.state, history.metadata(version), is_over)
