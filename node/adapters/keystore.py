"""Secrets at rest, and the private keys that this node holds open in memory.

A private key never leaves this module: others get a `Signer` or an `Agreement`, which use it for them. Stored, it is
sealed under the master key, bound to its own key id, so that rows cannot be swapped.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from node.adapters import xaes
from node.adapters.master_key import load_master_keys
from node.clock import entropy
from node.errors import ConfigurationError, EngineError
from node.settings import Settings
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.jose.keys import Agreement, PrivateKey, PublicKey, Signer

_VERSION = b"\x01"
_ID_BYTES = 8
_HEADER_BYTES = len(_VERSION) + _ID_BYTES + xaes.NONCE_BYTES
_SIGNING = frozenset({"Ed25519", "P-256", "P-384", "P-521", "secp256k1"})
_AGREEING = frozenset({"X25519", "P-256", "P-384", "P-521"})
_AGREEMENT = "keyAgreement"


class Unsealable(EngineError):
    """A sealed value that does not open: another master key, another context, or altered."""

    retryable = False


class Sealer:
    """Seals bytes under the master key. Sealed: version (1 byte), master key id (8), nonce (24), ciphertext, tag (16).

    Args:
        masters: 32 bytes each; the first seals, all open.
    """

    OVERHEAD_BYTES = _HEADER_BYTES + xaes.TAG_BYTES

    def __init__(self, masters: Sequence[bytes]) -> None:
        if not masters or any(len(master) != xaes.KEY_BYTES for master in masters):
            raise ConfigurationError("not a master key", expected=f"{xaes.KEY_BYTES} bytes")
        self._masters = {_id(master): master for master in masters}
        self._current = _id(masters[0])

    def __repr__(self) -> str:
        return f"Sealer({self._current.hex()})"

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """`plaintext` for storage. It opens only with the same `context`: what it is and where it stands."""
        header = _VERSION + self._current + entropy(xaes.NONCE_BYTES)
        key = self._masters[self._current]
        return header + xaes.seal(key, header[-xaes.NONCE_BYTES :], plaintext, _aad(header, context))

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """What was sealed in `context`; raises Unsealable."""
        header, ciphertext = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        key = self._masters.get(header[1 : 1 + _ID_BYTES])
        if key is None or header[:1] != _VERSION or len(header) != _HEADER_BYTES:
            raise Unsealable("a sealed value of another master key", expected="the master key it was sealed under")
        try:
            return xaes.open(key, header[-xaes.NONCE_BYTES :], ciphertext, _aad(header, context))
        except xaes.NotOpened as error:
            raise Unsealable("a sealed value that does not open") from error

    def is_current(self, sealed: bytes) -> bool:
        """Whether the master key that seals now sealed this; if not, it is to be sealed anew."""
        return sealed[:1] == _VERSION and sealed[1 : 1 + _ID_BYTES] == self._current


class StoredKey(Protocol):
    """A row of the key table, as far as this module reads it."""

    @property
    def kid(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def sealed(self) -> bytes: ...


@dataclass(slots=True, repr=False)
class Keystore:
    """The private keys of this node, opened. It touches no storage: rows are passed in, sealed values handed out."""

    sealer: Sealer
    _signers: dict[str, Signer] = field(default_factory=dict[str, Signer], init=False)
    _agreements: dict[str, Agreement] = field(default_factory=dict[str, Agreement], init=False)

    def generate(self, purpose: str, crv: str, kid: str = "") -> tuple[JsonObject, bytes]:
        """A new key pair: its public JWK with `kid`, and the private part sealed for a row of that `kid`.

        Without a `kid` it is named by its thumbprint. It is in use only after `load` was given the committed row.

        Raises:
            ConfigurationError: a curve that does not serve `purpose`.
        """
        if crv not in (_AGREEING if purpose == _AGREEMENT else _SIGNING):
            raise ConfigurationError(f"a key that cannot serve for {purpose}", found=crv[:32])
        key = PrivateKey.generate(crv, entropy, kid)
        sealed = self.sealer.seal(canonical_json(key.to_jwk()), context=_context(key.kid))
        return {**key.public.to_jwk(), "kid": key.kid}, sealed

    def load(self, rows: Iterable[StoredKey]) -> None:
        """Opens these keys, retired ones too, in the place of all that were open before.

        Raises:
            ConfigurationError: one does not open: this is another node's database, or another master key.
        """
        signers: dict[str, Signer] = {}
        agreements: dict[str, Agreement] = {}
        for row in rows:
            key = self._open(row)
            if row.purpose == _AGREEMENT:
                agreements[row.kid] = _HeldAgreement(key)
            else:
                signers[row.kid] = _HeldSigner(key)
        self._signers, self._agreements = signers, agreements

    def signer(self, kid: str) -> Signer:
        """Whoever signs as `kid`; raises EngineError where it is not held here."""
        if kid not in self._signers:
            raise EngineError("a signing key that is not held here", found=kid[:120])
        return self._signers[kid]

    def opened(self, row: StoredKey) -> Signer:
        """Whoever signs with the key in `row`, which is not held beyond this; raises ConfigurationError as `load`."""
        return _HeldSigner(self._open(row))

    def agreements(self) -> Mapping[str, Agreement]:
        """Every key-agreement key by its kid, as loaded."""
        return MappingProxyType(self._agreements)

    def _open(self, row: StoredKey) -> PrivateKey:
        try:
            jwk = parse_object(self.sealer.open(row.sealed, context=_context(row.kid)))
            return PrivateKey.from_jwk(jwk, row.kid)
        except (Unsealable, ProtocolError) as error:
            raise ConfigurationError(
                "a stored key does not open", found=row.kid[:120], expected="the master key it was sealed under"
            ) from error


def open_keystore(settings: Settings) -> Keystore:
    """An empty keystore under the master key that `settings` lead to; raises ConfigurationError."""
    return Keystore(Sealer(load_master_keys(settings)))


@dataclass(frozen=True, slots=True, repr=False)
class _HeldSigner:
    _key: PrivateKey

    @property
    def kid(self) -> str:
        return self._key.kid

    @property
    def public(self) -> PublicKey:
        return self._key.public

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


@dataclass(frozen=True, slots=True, repr=False)
class _HeldAgreement:
    _key: PrivateKey

    @property
    def kid(self) -> str:
        return self._key.kid

    @property
    def public(self) -> PublicKey:
        return self._key.public

    def exchange(self, peer: PublicKey) -> bytes:
        return self._key.exchange(peer)


def _id(master: bytes) -> bytes:
    """Names a master key without saying anything about it."""
    return hashlib.blake2s(master, digest_size=_ID_BYTES, person=b"master").digest()


def _aad(header: bytes, context: str) -> bytes:
    return header[: 1 + _ID_BYTES] + context.encode("utf-8")


def _context(kid: str) -> str:
    return f"key:{kid}"
