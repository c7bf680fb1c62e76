"""Which dates of credentials count here: issuance proofs, held against the chains of heads that we synced ourselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.services.directory import Directory
from node.storage.repos import federation
from node.storage.repos import issuance_log as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, b64url_decode
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.attested import Attestation, Witness, attested
from protocols.trust.issuance_log.inclusion import IssuanceProof

MAX_PROOFS = 64


@dataclass(frozen=True, slots=True)
class Synced:
    """What we synced ourselves (implements `attested.Known`), in one transaction."""

    session: Session
    directory: Directory

    def witness(self, entity_id: str) -> Witness | None:
        member = self.directory.member(self.session, did_of(entity_id))
        if member is None:
            return None
        return Witness(entity_id=entity_id, membership=member.membership, keys=member.federation_keys)

    def root(self, log: str, size: int) -> bytes | None:
        head = rows.head(self.session, log, size)
        return None if head is None else b64url_decode(head.root)

    def is_forked(self, log: str) -> bool:
        return rows.is_forked(self.session, log)


@dataclass(frozen=True, slots=True)
class Dates:
    storage: UnitOfWork
    directory: Directory

    async def of(self, issuer: str, proofs: Sequence[JsonObject]) -> Mapping[str, Attestation]:
        """What is known of the dates of what `issuer` (a DID) signed, by the digest of its signature.

        A proof that cannot be read is passed over: it dates nothing.
        """
        parsed = [proof for value in proofs[:MAX_PROOFS] if (proof := _parsed(value)) is not None]
        own = [proof for proof in parsed if did_of(proof.log) == issuer]
        if not own:
            return {}

        def body(session: Session) -> dict[str, Attestation]:
            network = federation.network(session)
            known = Synced(session, self.directory)
            return (
                {}
                if network is None
                else {each.digest: attested(each, known, issuer=each.log, anchor=network.anchor) for each in own}
            )

        return await self.storage.read(body)


def times_of(attestations: Mapping[str, Attestation]) -> Mapping[str, datetime]:
    """The dates that count."""
    return {digest: each.at for digest, each in attestations.items() if each.at is not None}


def _parsed(value: JsonObject) -> IssuanceProof | None:
    try:
        return IssuanceProof.parse(value)
    except ProtocolError:
        return None
