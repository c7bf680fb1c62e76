"""DID resolution for others: what a DID's document is, and what a DID URL names in it.

Whatever a DID carries itself, and this node's own document, is told to anybody. A document that stands on somebody's
web server is fetched, through the one guarded way out, for callers that may make this node call others.

Spec: https://www.w3.org/TR/did-resolution/
"""

from dataclasses import dataclass

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
    resolved,
)
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True)
class Identifiers:
    identity: Identity
    resolver: Resolver

    def is_local(self, target: Target) -> bool:
        """Whether `target` is resolved without calling anybody."""
        return self.identity.is_ours(target.did) or not target.did.startswith("did:web:")

    async def resolve(self, target: Target, options: Options) -> JsonObject:
        """A resolution or dereferencing result.

        Raises:
            ResolutionError: by the name of what is wrong; `internalError` where a host did not answer.
        """
        document = await self.document(target, options)
        return dereferenced(dereference(document, target)) if target.is_url else resolved(document)

    async def document(self, target: Target, options: Options) -> JsonObject:
        """The DID document that `target` is, or is in; raises as `resolve` does."""
        document = document_offline(target, options)
        if document is not None:
            return document
        try:
            return dict((await self.resolver.resolve(target.did)).raw)
        except (DidError, NodeError) as error:
            name = "notFound" if isinstance(error, DidError) else "internalError"
            raise ResolutionError(error.detail, name=name, found=error.found, expected=error.expected) from error
