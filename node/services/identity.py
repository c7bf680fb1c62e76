"""Who this node is: its DID, its keys, the document that says so, and their rotation.

Keys are loaded once and kept in memory, as signers and agreements; every change goes through `rotate`, which loads
them anew. Replicas that share a database are woken by it; the job `identity.refresh` is the floor under that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from node.adapters.keystore import Keystore
from node.clock import Clock
from node.errors import ConfigurationError, Conflict, NotFound
from node.services.did_document import OwnKey, Purpose, build_did_document, key_in_use
from node.storage.repos import identity as rows
from node.storage.tables.identity import Key
from node.storage.unit import Session, Storage, wake
from protocols.credentials.domain_linkage import did_configuration, domain_linkage
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Agreement, PublicKey, Signer

CURVES = {
    Purpose.AUTHENTICATION: "Ed25519",
    Purpose.ASSERTION: "Ed25519",
    Purpose.ASSERTION_P256: "P-256",
    Purpose.ASSERTION_P384: "P-384",
    Purpose.AGREEMENT: "X25519",
    Purpose.FEDERATION: "Ed25519",
}
FRAGMENTS = {
    Purpose.AUTHENTICATION: "auth",
    Purpose.ASSERTION: "issue",
    Purpose.ASSERTION_P256: "issue-p256",
    Purpose.ASSERTION_P384: "issue-p384",
    Purpose.AGREEMENT: "agree",
}
"""A kid is `DID#auth-1`, counted up by each rotation; federation keys are named by their thumbprint."""
LINKAGE_LASTS = timedelta(days=30)
CHANNEL = "identity"
LISTENS_S = 60.0


@dataclass(slots=True, kw_only=True)
class Identity:
    """`start` before anything else is asked.

    Args:
        base_url: the https URL that stands for the node; its federation entity id.
        name: as its operator set it; the network's name for it counts for others.
    """

    storage: Storage
    keystore: Keystore
    clock: Clock
    did: str
    base_url: str
    name: str
    twins: tuple[str, ...] = field(default=(), init=False)
    """What else this node is known as, and says so in its DID document: its did:webvh, where it publishes one."""
    _keys: Sequence[OwnKey] = field(default=(), init=False)

    async def create(self) -> None:
        """The organisation and its first keys; raises Conflict where the database has one already."""
        now = self.clock.now()
        made = [self._make(purpose, number=1) for purpose in Purpose]

        def body(session: Session) -> None:
            if (known := rows.organisation(session)) is not None:
                raise Conflict("the database holds an identity", found=known.did, expected="an empty database")
            rows.add_organisation(session, did=self.did, name=self.name, now=now)
            for key in made:
                rows.add_key(session, key, now=now)

        await self.storage.run("identity.create", body)

    async def start(self) -> None:
        """Loads the keys.

        Raises:
            ConfigurationError: the database is of another node, or of none; the master key does not open the keys.
        """

        def body(session: Session) -> tuple[str | None, list[Key]]:
            organisation = rows.organisation(session)
            return (organisation.did if organisation else None), rows.keys(session)

        did, keys = await self.storage.read(body)
        if did != self.did:
            raise ConfigurationError(
                "the database is not of this node", found=did or "no identity", expected=f"{self.did}, from `init`"
            )
        self.keystore.load(keys)
        self._keys = tuple(_public(key) for key in keys)

    async def follow(self) -> None:
        """Loads the keys anew whenever this or another replica rotated one; until cancelled."""
        rotated = self.storage.listen(CHANNEL)
        while True:
            if await rotated.wait(LISTENS_S):
                await self.start()

    @property
    def host(self) -> str:
        """Host and port of the node: who operates it, as far as relays keep apart by it."""
        return urlsplit(self.base_url).netloc

    def profile(self) -> JsonObject:
        """The node's organisation as an OB 3.0 Profile, as it stands in what it issues."""
        return {"id": self.did, "type": ["Profile"], "name": self.name, "url": f"{self.base_url}/issuer"}

    def did_document(self) -> JsonObject:
        """The DID document as it is served now."""
        document = self.document_alone()
        return {**document, "alsoKnownAs": [*document["alsoKnownAs"], *self.twins]}

    def document_alone(self) -> JsonObject:
        """The same without the twins of this DID."""
        return build_did_document(self.did, self.base_url, self._keys, self.clock.now())

    def did_configuration(self) -> JsonObject:
        """What links our web origin to our DID; the same all day, so that caches can tell that nothing changed."""
        today = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        scheme, host = urlsplit(self.base_url)[:2]
        linkage = domain_linkage(
            self.did,
            f"{scheme}://{host}",
            signer=self.signer(Purpose.ASSERTION),
            valid_from=today,
            valid_until=today + LINKAGE_LASTS,
        )
        return did_configuration([linkage])

    def all_keys(self) -> Sequence[OwnKey]:
        """The public part of every key this node ever had, oldest first."""
        return self._keys

    def signer(self, purpose: Purpose) -> Signer:
        """The key in use for `purpose`, one that signs in the DID document."""
        return self.keystore.signer(self._in_use(purpose).kid)

    def agreements(self) -> Mapping[str, Agreement]:
        """Every key-agreement key by its kid; retired ones open what is still under way."""
        return self.keystore.agreements()

    def agreement_of(self, did: str) -> Agreement:
        """The key that `did` sends under; raises NotFound for a DID that is not ours."""
        if not self.is_ours(did):
            raise NotFound("not a DID of this node", found=did[:64], expected=self.did)
        return self.keystore.agreements()[self._in_use(Purpose.AGREEMENT).kid]

    def is_ours(self, did: str) -> bool:
        """Whether `did` is this node's own."""
        return did == self.did

    async def rotate(self, purpose: Purpose, *, leaked: bool = False) -> OwnKey:
        """Makes the key that is to follow the newest one; published now, in use when others know it (did_document.py).

        Args:
            leaked: somebody else has what we use: it ends now, and what it signed is not believed for its date alone.

        Raises:
            Conflict: another rotation came first, or a federation key, whose successor others have to have before.
        """
        if leaked and purpose is Purpose.FEDERATION:
            raise Conflict(
                "a federation key cannot end before its superior has the next one",
                found="leaked",
                expected="the network's operator to remove this node, and an application with new keys",
            )
        now = self.clock.now()
        old = self._newest(purpose)
        used = [key.kid for key in self._keys if key.purpose is purpose and _is_used(key, now)]
        number = 1 + sum(1 for key in self._keys if key.purpose is purpose)
        made = self._make(purpose, number=number)

        def body(session: Session) -> None:
            current = [key.kid for key in rows.keys(session) if key.purpose == purpose and key.retired_at is None]
            if current != [old.kid]:
                raise Conflict("the key was rotated meanwhile", found=", ".join(current), expected=old.kid)
            rows.retire(session, old.kid, now=now)
            for kid in used if leaked else ():
                rows.revoke(session, kid, now=now)
            rows.add_key(session, made, now=now)
            wake(session, CHANNEL)

        await self.storage.run("identity.rotate", body)
        await self.start()
        return next(key for key in self._keys if key.kid == made.kid)

    def _in_use(self, purpose: Purpose) -> OwnKey:
        return key_in_use(self._keys, purpose, self.clock.now()) or self._newest(purpose)

    def _newest(self, purpose: Purpose) -> OwnKey:
        for key in self._keys:
            if key.purpose is purpose and key.retired_at is None:
                return key
        raise ConfigurationError("no key in use", found="none", expected=f"a key for {purpose}")

    def _make(self, purpose: Purpose, *, number: int) -> rows.NewKey:
        kid = f"{self.did}#{FRAGMENTS[purpose]}-{number}" if purpose in FRAGMENTS else ""
        public_jwk, sealed = self.keystore.generate(purpose.value, CURVES[purpose], kid)
        return rows.NewKey(
            kid=public_jwk["kid"],
            purpose=purpose.value,
            crv=CURVES[purpose],
            public_jwk=public_jwk,
            sealed=sealed,
        )


def _is_used(key: OwnKey, now: datetime) -> bool:
    return key.used_until is None or now < key.used_until


def _public(row: Key) -> OwnKey:
    return OwnKey(
        kid=row.kid,
        purpose=Purpose(row.purpose),
        public=PublicKey.from_jwk(row.public_jwk),
        created_at=row.created_at,
        retired_at=row.retired_at,
        revoked_at=row.revoked_at,
    )
