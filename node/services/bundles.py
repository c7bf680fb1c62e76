"""Offline bundles: made from what this node has synced, and verified from nothing but themselves.

To verify one, its content is checked by its own signatures and put into a database of its own, which is thrown away;
then the same verification runs over it as over a node's, with the clock at the time when the bundle was made.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from node.adapters.didkit_worker import Didkit
from node.adapters.proof_worker import ProofChecker
from node.clock import Clock, new_id
from node.services.credential_evidence import Credentials
from node.services.did_document import Purpose
from node.services.directory import Directory
from node.services.identity import Identity
from node.services.peer_marks import keep_marks
from node.services.signature_evidence import Signatures
from node.services.status_reading import ListReader
from node.services.status_rows import snapshot_of, store_list
from node.services.verification import Verification, holder_of
from node.storage.engine import DEFAULT_URL, open_storage, upgrade
from node.storage.repos import federation as peers
from node.storage.repos import status_snapshots as lists
from node.storage.unit import Session, Storage, UnitOfWork
from protocols.consent.presentation import credentials_of
from protocols.credentials.embedded import every_credential, stated_issuer
from protocols.credentials.enveloped import as_envelope
from protocols.credentials.proofs import add_proof
from protocols.credentials.shape import many
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.dids.parse import parse_document
from protocols.errors import DidError, ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.status.named import lists_named
from protocols.trust.directory import Listed, directory_document, read_directory
from protocols.trust.entity import did_of
from protocols.trust.jwks import parse_jwks
from protocols.verification.bundle import READING, Bundle, BundleRefused, StatusListCopy, write_bundle
from protocols.verification.report import VerificationReport


@dataclass(frozen=True, slots=True)
class Bundles:
    """Makes them. `identity` has to be started."""

    storage: UnitOfWork
    directory: Directory
    identity: Identity
    clock: Clock

    async def make(self, held: JsonObject) -> bytes:
        """The bundle of a credential or presentation, with what is synced of its issuers and their lists.

        Raises:
            BundleRefused: a context that is not pinned, or over the size.
        """
        now = self.clock.now().replace(microsecond=0)
        found = list(every_credential(_credentials(held)))
        issuers = [did for did in dict.fromkeys(map(stated_issuer, found)) if did]
        urls = lists_named(found)

        def body(session: Session) -> Bundle:
            network = peers.network(session)
            rows = [row for did in issuers if (row := peers.peer(session, did)) is not None]
            copies = [copy for url in urls if (copy := _copy(session, url)) is not None]
            return Bundle(
                made_at=now,
                made_by=self.identity.did,
                held=held,
                anchors=[] if network is None else peers.anchors(session)[:1],
                directory=None if network is None else self._directory(session, network.anchor, issuers),
                metadata={row.did: row.issuer_metadata for row in rows if row.issuer_metadata},
                documents={self.identity.did: self.identity.did_document()},
                status_lists=copies,
            )

        bundle = await self.storage.read(body)
        signer = self.identity.signer(Purpose.ASSERTION)
        return write_bundle(
            add_proof(
                bundle.to_json(),
                suite="eddsa-jcs-2022",
                signer=signer,
                purpose="assertionMethod",
                created=now,
                reading=READING,
            )
        )

    def _directory(self, session: Session, anchor: str, issuers: Sequence[str]) -> JsonObject | None:
        """The directory of the network, cut down to `issuers`, the anchor and us; None before the first sync."""
        at, top = peers.synced_at(session), peers.peer(session, did_of(anchor))
        if at is None or top is None or top.configuration_jws is None:
            return None
        wanted = {*issuers, top.did, self.identity.did}
        entries = [entry for entry in self.directory.entries(session) if entry.did in wanted]
        return directory_document(top.configuration_jws, entries, at)


async def report_on_bundle(bundle: Bundle, proofs: ProofChecker, didkit: Didkit) -> VerificationReport:
    """The report on what a bundle holds, as of when it was made: from the bundle alone, with no network and no node."""
    clock = _At(bundle.made_at)
    with TemporaryDirectory(prefix="ler-bundle-") as folder:
        await upgrade(DEFAULT_URL, data_dir=Path(folder))
        storage = open_storage(DEFAULT_URL, data_dir=Path(folder))
        await storage.start()
        try:
            await _fill(storage, bundle, proofs)
            directory = Directory(storage, clock)
            credentials = Credentials(storage, directory, Signatures(storage, directory, proofs, didkit))
            verification = Verification(credentials, proofs, clock)
            if "VerifiablePresentation" in many(bundle.held.get("type")):
                return await verification.report_on_presentation(bundle.held, new_id())
            return await verification.report_on_credential(bundle.held, new_id())
        finally:
            await storage.close()


@dataclass(frozen=True, slots=True)
class _At:
    """A clock that stands. Implements `node.clock.Clock`."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


async def _fill(storage: Storage, bundle: Bundle, proofs: ProofChecker) -> None:
    """Puts in what holds; what does not is left out, and the report says that it is not known."""
    listed = _listed(bundle)
    keys = _Known({member.did: member.document for member in listed})
    accepted = [row for copy in bundle.status_lists if (row := await _accepted(copy, keys, proofs)) is not None]
    entries = {entry["did"]: entry for entry in (bundle.directory or {}).get("members", [])}

    def body(session: Session) -> None:
        rows: list[peers.Peer] = []
        for anchor in bundle.anchors:
            peers.add_network(
                session,
                anchor=str(anchor["entity_id"]),
                role=peers.MEMBER,
                name=str(anchor.get("name")),
                jwks=anchor["jwks"],
                state="approved",
                registration={},
                now=bundle.made_at,
            )
        for member in listed:
            entry = entries[member.did]
            row = peers.Peer(
                did=member.did,
                entity_id=member.entity_id,
                host=member.entity_id.partition("//")[2].partition("/")[0],
                statement_jws=entry["statement"],
                configuration_jws=entry["configuration"],
                did_document=entry["did_document"],
                membership=member.membership.to_json(),
                issuer_metadata=bundle.metadata.get(member.did),
                fetched_at=bundle.made_at,
                next_at=bundle.made_at,
            )
            peers.keep(session, row)
            rows.append(row)
        for row in rows:  # once everybody who may have issued a mark is in
            keep_marks(session, row, bundle.made_at)
        if bundle.directory is not None and len(listed) == len(entries):  # else who is missing may be a member too
            peers.mark_synced(session, now=datetime.fromisoformat(bundle.directory["synced_at"]))
        for row in accepted:
            lists.keep(session, row)

    await storage.run("bundle.fill", body)


def is_vouched_for(bundle: Bundle) -> bool:
    """Whether the anchors in it know its maker by the keys that signed it; False where only the file says who that is.

    Raises:
        BundleRefused: they know it by another DID document.
    """
    known = [member for member in _listed(bundle) if member.did == bundle.made_by]
    if known and known[0].document != parse_document(bundle.documents[bundle.made_by], bundle.made_by):
        raise BundleRefused("the bundle is not signed by its maker as the network knows it", found=bundle.made_by)
    return bool(known) or resolve_offline(bundle.made_by) is not None


def _listed(bundle: Bundle) -> Sequence[Listed]:
    with suppress(ProtocolError, KeyError, TypeError):
        anchors = {str(anchor["entity_id"]): parse_jwks(anchor["jwks"]) for anchor in bundle.anchors}
        return read_directory(bundle.directory, anchors, bundle.made_at)
    return ()


@dataclass(frozen=True, slots=True)
class _Known:
    """The DID documents in a bundle. Implements `node.services.status_reading.Keys`."""

    documents: Mapping[str, DidDocument]

    async def resolve(self, did: str) -> DidDocument:
        document = self.documents.get(did) or resolve_offline(did)
        if document is None:
            raise DidError("no document of the list's issuer in the bundle", found=did[:120])
        return document

    async def refresh(self, did: str) -> DidDocument:
        return await self.resolve(did)


async def _accepted(copy: StatusListCopy, keys: _Known, proofs: ProofChecker) -> lists.StatusSnapshot | None:
    """The row of a list that is its issuer's, as it was at the time that it is said to have come."""
    reader = ListReader(keys, proofs, _At(copy.fetched_at))
    with suppress(ProtocolError):
        document, snapshot = await reader.read(copy.url, copy.body, kept=None, pointed_by=copy.issuer)
        row = lists.StatusSnapshot(url=copy.url, next_at=copy.fetched_at, checked_at=copy.fetched_at)
        store_list(row, document, snapshot)
        return row
    return None


def _copy(session: Session, url: str) -> StatusListCopy | None:
    row = lists.get(session, url)
    snapshot = snapshot_of(row)
    if row is None or snapshot is None:
        return None
    return StatusListCopy.of(url, snapshot.issuer, snapshot.fetched_at, lists.document_of(row))


def _credentials(held: JsonObject) -> list[JsonObject]:
    if holder_of(held) or "VerifiablePresentation" in many(held.get("type")):
        return [as_envelope(item) if isinstance(item, str) else item for item in credentials_of(held)]
    return [held]
