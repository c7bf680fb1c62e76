"""Signing what a coordinator hands in by VC-API: one issuer instance for each suite, key type and DID of this node.

    eddsa-rdfc-2022-ed25519            under the node's own did:web
    eddsa-rdfc-2022-ed25519-status     the same, and it adds places in status lists of ours
    eddsa-rdfc-2022-ed25519-did-key    the same key under its did:key, which resolves anywhere

A suite that is added to `protocols.credentials.proofs` has its instances by that alone.

Spec: https://www.w3.org/TR/vcalm/#issuing
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from node.adapters.proof_worker import ProofChecker
from node.clock import Clock, entropy, new_id
from node.errors import BadInput, Conflict, NotFound
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.status_lists import StatusLists
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import (
    CREDENTIALS_V1,
    DATA_INTEGRITY_V1,
    DATA_INTEGRITY_V2,
    ED25519_2020,
    STATUS_V1,
)
from protocols.credentials.enveloped import Kind, sign_vc_jwt, wrap
from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import add_proof, derive_proof
from protocols.credentials.proofs.suite import suites
from protocols.credentials.shape import many
from protocols.dids.key import did_key
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey, Signer

DEFAULT = "eddsa-rdfc-2022-ed25519"
"""The instance that is meant where none is named."""
ED25519_SIGNATURE_2020 = "Ed25519Signature2020"
VC_JWT = "vc+jwt"
"""No proof in the document but a token around it; listed among the suites, as callers choose between them."""
PURPOSES = {"Ed25519": Purpose.ASSERTION, "P-256": Purpose.ASSERTION_P256, "P-384": Purpose.ASSERTION_P384}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One issuer instance.

    Args:
        did: whose credentials it signs; the `issuer` of what is handed in.
        key_type: the JOSE curve of its key.
        vc: the versions of the data model that it signs.
        has_status: whether it adds a `credentialStatus` of this node.
    """

    name: str
    did: str
    suite: str
    key_type: str
    vc: tuple[str, ...] = ("1.1", "2.0")
    has_status: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOptions:
    """What a call may say beside the credential; see IssueCredentialOptions in VCALM."""

    credential_id: str | None = None
    mandatory_pointers: tuple[str, ...] | None = None
    challenge: str | None = None
    domain: str | tuple[str, ...] | None = None


class Named(NamedTuple):
    """A signer under another name: the same key as a did:key. Implements `Signer`."""

    signer: Signer
    kid: str

    @property
    def public(self) -> PublicKey:
        return self.signer.public

    def sign(self, data: bytes) -> bytes:
        return self.signer.sign(data)


@dataclass(frozen=True, slots=True)
class VcApiIssuer:
    storage: UnitOfWork
    identity: Identity
    proofs: ProofChecker
    status_lists: StatusLists
    clock: Clock

    @property
    def reading(self) -> Reading:
        """What a caller hands in means what that caller says, in terms of its own too."""
        return Reading(contexts=replace(self.proofs.contexts, open_terms=True))

    def instances(self) -> Sequence[Instance]:
        """All of them, by name; their did:keys change with the keys."""
        embedded = [(suite.name, curve, ("1.1", "2.0")) for suite in suites().values() for curve in suite.curves]
        enveloped = [(VC_JWT, curve, ("2.0",)) for curve in PURPOSES]
        kinds = [kind for kind in (*embedded, *enveloped) if kind[1] in PURPOSES]
        return sorted((each for kind in kinds for each in self._of(*kind)), key=lambda instance: instance.name)

    async def issue(self, name: str | None, credential: JsonObject, options: IssueOptions) -> JsonObject:
        """The credential with a further proof, by the instance called `name`.

        Raises:
            NotFound: no such instance.
            BadInput: not a credential that can be signed as it stands, or another's than the instance's.
        """
        instance = self._named(name or DEFAULT)
        try:
            parsed = parse_credential(credential)
        except ProtocolError as error:
            raise _refused(error) from error
        if parsed.issuer != instance.did:
            raise BadInput("the issuer is not this instance's", found=parsed.issuer[:120], expected=instance.did)
        if parsed.version not in instance.vc:
            raise BadInput("another version of the data model", found=parsed.version, expected=", ".join(instance.vc))
        unsigned = with_contexts(credential, instance)
        problems = await self.proofs.reading_problems(unsigned, open_terms=True)
        if problems:
            raise BadInput("the credential cannot be signed as it stands", found=problems[0][:200])
        if instance.has_status:
            unsigned = await self._with_status(unsigned, options.credential_id or parsed.id)
        return await self._signed(unsigned, instance, options)

    async def set_status(self, credential_id: str, purpose: str, value: bool) -> None:
        """Sets or clears a status of a credential that a `-status` instance signed; served within seconds.

        Raises:
            NotFound: no such credential, or none with a place for `purpose`.
            BadInput: a revocation that is to be taken back.
        """

        def body(session: Session) -> None:
            self.status_lists.set(session, credential_id, purpose, value, now=self.clock.now())

        try:
            await self.storage.run("vc_api.set_status", body)
        except Conflict as error:
            raise BadInput(error.detail, found=error.found, expected=error.expected) from error

    async def derive(self, credential: JsonObject, pointers: Sequence[str]) -> JsonObject:
        """What a holder shows of a credential with a base proof: what `pointers` name, and what is mandatory.

        Raises:
            BadInput: no such credential, or a pointer that leads nowhere.
        """
        problems = await self.proofs.reading_problems(credential, open_terms=True)
        if problems:
            raise BadInput("the credential cannot be read", found=problems[0][:200])
        try:
            return await asyncio.to_thread(partial(derive_proof, credential, pointers=pointers, reading=self.reading))
        except ProtocolError as error:
            raise _refused(error) from error

    def _of(self, suite: str, curve: str, vc: tuple[str, ...]) -> Sequence[Instance]:
        name = f"{suite.replace('+', '-')}-{curve.replace('-', '')}".lower()
        own, key = self.identity.did, did_key(self._signer(curve).public)
        plain = Instance(name=name, did=own, suite=suite, key_type=curve, vc=vc)
        return (
            plain,
            replace(plain, name=f"{name}-status", has_status=True),
            replace(plain, name=f"{name}-did-key", did=key),
        )

    def _named(self, name: str) -> Instance:
        for instance in self.instances():
            if instance.name == name:
                return instance
        raise NotFound("no such issuer instance", found=name[:80], expected="a name that GET /vc-api lists")

    def _signer(self, curve: str) -> Signer:
        return self.identity.signer(PURPOSES[curve])

    async def _signed(self, unsigned: JsonObject, instance: Instance, options: IssueOptions) -> JsonObject:
        signer = self._signer(instance.key_type)
        if instance.did != self.identity.did:
            signer = Named(signer, f"{instance.did}#{instance.did.removeprefix('did:key:')}")
        try:
            now = self.clock.now().replace(microsecond=0)
            if instance.suite == VC_JWT:
                return wrap(sign_vc_jwt(unsigned, signer, signed_at=now), Kind.VC_JWT)
            sign = partial(
                add_proof,
                unsigned,
                suite=instance.suite,
                signer=signer,
                purpose="assertionMethod",
                created=now,
                challenge=options.challenge,
                domain=options.domain,
                mandatory_pointers=options.mandatory_pointers,
                entropy=entropy,
                reading=self.reading,
            )
            return await asyncio.to_thread(sign)
        except ProtocolError as error:
            raise _refused(error) from error

    async def _with_status(self, credential: JsonObject, credential_id: str | None) -> JsonObject:
        """With places in lists of ours, drawn at random; by `credential_id` they are found again."""

        own_id = credential_id or new_id()

        def body(session: Session) -> list[JsonObject]:
            self.status_lists.allocate(session, own_id, now=self.clock.now())
            return self.status_lists.entries(session, own_id)

        entries = await self.storage.run("vc_api.status", body)
        return {**credential, "credentialStatus": [*many(credential.get("credentialStatus")), *entries]}


def with_contexts(credential: JsonObject, instance: Instance) -> JsonObject:
    """`credential` with the contexts that define what is about to be added, where its own do not."""
    contexts = many(credential.get("@context"))
    is_old = contexts[0] == CREDENTIALS_V1
    if instance.suite == ED25519_SIGNATURE_2020:
        wanted = [ED25519_2020]
    elif instance.suite == VC_JWT:
        wanted = []
    else:
        wanted = [DATA_INTEGRITY_V2] if is_old and DATA_INTEGRITY_V1 not in contexts else []
    if is_old and instance.has_status:
        wanted.append(STATUS_V1)
    missing = [url for url in wanted if url not in contexts]
    return {**credential, "@context": [*contexts, *missing]}


def _refused(error: ProtocolError) -> BadInput:
    return BadInput(error.detail, found=error.found, expected=error.expected)
