"""Credentials and presentations that anybody brings by VC-API, from issuers that need not be members.

What is not synced is fetched first, through the one guarded way out, while the caller waits, for ten seconds at most:
DID documents and status lists. Then it is evaluated like everything else, with no further call. This is the one place
where a verification makes the node call others; whoever minds that an issuer may notice uses what is synced.

Spec: https://www.w3.org/TR/vcalm/#verifying
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from node.adapters.did_resolver import Resolver
from node.clock import new_id
from node.errors import NodeError
from node.services.challenges import Challenges
from node.services.signature_evidence import Brought
from node.services.status_lists import StatusLists
from node.services.status_sync import StatusSync
from node.services.verification import Verification, holder_of, signers_of
from protocols.consent.presentation import credentials_of
from protocols.credentials.embedded import every_credential, stated_issuer
from protocols.credentials.enveloped import as_envelope, contents_of, dids_of, is_enveloped
from protocols.credentials.presentation import MAX_CREDENTIALS
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.status.acceptance import Snapshot
from protocols.status.entry import token_uri
from protocols.status.named import lists_named
from protocols.verification.report import VerificationReport

PATIENCE_S = 10.0
"""For everything that one call makes us fetch, together."""
MOST_ISSUERS = 16
"""DID documents that are fetched for one call."""
MOST_LISTS = 8
"""Status lists that are fetched for one call."""


@dataclass(frozen=True, slots=True)
class VcApiVerifier:
    verification: Verification
    resolver: Resolver
    status_lists: StatusLists
    status_sync: StatusSync
    challenges: Challenges

    async def credential(
        self, credential: JsonObject, *, challenge: str | None = None, domain: str | Sequence[str] | None = None
    ) -> VerificationReport:
        """The report on a credential; whatever could not be fetched is "could not tell" in it.

        Args:
            challenge: that the key binding of an SD-JWT has to repeat, None where the caller set none; `domain`
                likewise.

        Raises:
            BadInput: a challenge of this node's own that is not good any more.
        """
        if challenge is not None:
            self.challenges.use(challenge)
        brought = await self._bring([credential], ())
        return await self.verification.report_on_credential(
            credential, new_id(), brought, challenge=challenge, domain=domain
        )

    async def presentation(
        self, presentation: JsonObject, *, challenge: str | None, domain: str | Sequence[str] | None
    ) -> VerificationReport:
        """The report on a presentation and every credential in it.

        Args:
            challenge: that its proof has to repeat, None where the caller set none; `domain` likewise.

        Raises:
            BadInput: as for a credential.
        """
        if challenge is not None:
            self.challenges.use(challenge)
        shown = contents_of(presentation) or {} if is_enveloped(presentation) else presentation
        items = credentials_of(shown)[:MAX_CREDENTIALS]
        credentials = [as_envelope(item) if isinstance(item, str) else item for item in items]
        holder = holder_of(shown)
        signers = dids_of(presentation) if is_enveloped(presentation) else signers_of(shown)
        brought = await self._bring(credentials, (holder,) if holder else signers)
        return await self.verification.report_on_presentation(
            presentation, new_id(), brought, challenge=challenge, domain=domain
        )

    async def _bring(self, credentials: Sequence[JsonObject], holders: Sequence[str]) -> Brought:
        credentials = list(every_credential(credentials))
        lists = lists_named(credentials)
        bound = (did for credential in credentials if is_enveloped(credential) for did in dids_of(credential))
        dids = list(dict.fromkeys([*map(stated_issuer, credentials), *holders, *bound]))[:MOST_ISSUERS]
        documents, snapshots = await asyncio.gather(
            asyncio.gather(*(self._document(did) for did in dids if did)),
            asyncio.gather(*(self._snapshot(url, lists[url]) for url in list(lists)[:MOST_LISTS])),
        )
        return Brought(
            documents={document.id: document for document in documents if document is not None},
            snapshots={snapshot.url: snapshot for snapshot in snapshots if snapshot is not None},
            open_terms=True,
        )

    async def _document(self, did: str) -> DidDocument | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.resolver.resolve(did)
        except (NodeError, ProtocolError, TimeoutError):
            return None

    async def _snapshot(self, url: str, issuer: str) -> Snapshot | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                uri = token_uri(url)
                own = self.status_lists.id_of(uri or url)
                if own is None:
                    return await self.status_sync.look(url, issuer)
                published = await (self.status_lists.get(own) if uri is None else self.status_lists.token(own))
                return await self.status_sync.read(published.body, url, issuer)
        except (NodeError, ProtocolError, TimeoutError):
            return None
