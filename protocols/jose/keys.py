"""Public and private keys, named by their JOSE curve, and the two things a private key is asked to do.

Ed25519 is libsodium's, every other curve OpenSSL's (docs/adr/0029).

The keystore of a node never gives a private key away: it hands out a `Signer` or an `Agreement`. Pure code here
takes those ports and so cannot tell a key in memory from one in a hardware module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from protocols.errors import MalformedMessage, UnsupportedMessage
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, digest_json

Entropy = Callable[[int], bytes]
"""Given n, n unpredictable bytes."""

_EC: dict[str, tuple[type[ec.EllipticCurve], int]] = {
    "P-256": (ec.SECP256R1, 32),
    "P-384": (ec.SECP384R1, 48),
    "P-521": (ec.SECP521R1, 66),
    "secp256k1": (ec.SECP256K1, 32),
}
_ALG = {"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}
_ED25519_BYTES = 64
_SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HASH: dict[str, hashes.HashAlgorithm] = {
    "ES256": hashes.SHA256(),
    "ES256K": hashes.SHA256(),
    "ES384": hashes.SHA384(),
    "ES512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its JOSE curve name and its bytes.

    `raw` is 32 bytes for Ed25519 and X25519, the compressed SEC1 point for the elliptic curves, checked to be on
    its curve by `from_raw` and `from_jwk`.
    """

    crv: str
    raw: bytes

    @staticmethod
    def from_raw(crv: str, raw: bytes) -> "PublicKey":
        """Raises MalformedMessage when `raw` is not a point of `crv`."""
        if crv in ("Ed25519", "X25519"):
            if len(raw) != 32:
                raise MalformedMessage("a key of the wrong length", found=f"{len(raw)} bytes", expected="32 bytes")
            return PublicKey(crv, raw)
        if crv not in _EC:
            raise UnsupportedMessage("unsupported curve", found=crv[:32], expected=", ".join(_ALG))
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(_EC[crv][0](), raw)
        except ValueError as error:
            raise MalformedMessage("not a point of its curve", expected=crv) from error
        return PublicKey(crv, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))

    @staticmethod
    def from_jwk(jwk: JsonObject) -> "PublicKey":
        """The key of a public JWK (RFC 7517, RFC 8037); a private member in it is refused, not ignored."""
        if "d" in jwk:
            raise MalformedMessage("a private key where a public one belongs", expected="a public JWK")
        crv, x, y = jwk.get("crv"), jwk.get("x"), jwk.get("y")
        if not isinstance(crv, str) or not isinstance(x, str):
            raise MalformedMessage("not a public key", expected="a JWK with kty, crv and x")
        if jwk.get("kty") != ("OKP" if crv in ("Ed25519", "X25519") else "EC"):
            raise MalformedMessage("kty and crv do not fit", expected="OKP for Ed25519 and X25519, EC otherwise")
        if crv in ("Ed25519", "X25519"):
            return PublicKey.from_raw(crv, b64url_decode(x))
        if crv not in _EC or not isinstance(y, str):
            raise UnsupportedMessage("unsupported curve", found=crv[:32], expected=", ".join(_ALG))
        size = _EC[crv][1]
        raw_x, raw_y = b64url_decode(x), b64url_decode(y)
        if len(raw_x) != size or len(raw_y) != size:
            raise MalformedMessage("a coordinate of the wrong length", expected=f"{size} bytes each")
        return PublicKey.from_raw(crv, b"\x04" + raw_x + raw_y)

    def to_jwk(self) -> JsonObject:
        """The required members only (RFC 7638 section 3.2), so that equal keys give equal JWKs."""
        if self.crv in ("Ed25519", "X25519"):
            return {"kty": "OKP", "crv": self.crv, "x": b64url_encode(self.raw)}
        curve, size = _EC[self.crv]
        numbers = ec.EllipticCurvePublicKey.from_encoded_point(curve(), self.raw).public_numbers()
        x, y = (b64url_encode(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": self.crv, "x": x, "y": y}

    @property
    def thumbprint(self) -> str:
        """JWK thumbprint, SHA-256 (RFC 7638)."""
        return digest_json(self.to_jwk())

    @property
    def alg(self) -> str:
        """The JWS algorithm this key verifies, as DIDComm and federation statements name it."""
        if self.crv not in _ALG:
            raise UnsupportedMessage("a key that cannot sign", found=self.crv, expected=", ".join(_ALG))
        return _ALG[self.crv]

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether `signature` (raw r‖s for the elliptic curves) is this key's over `data`; never raises.

        No signature is one of an Ed25519 key of small order: with such a key one signature fits any data.
        """
        try:
            if self.crv == "Ed25519":
                sodium.crypto_sign_open(signature + data, self.raw)
                return len(signature) == _ED25519_BYTES
            curve, size = _EC[self.crv]
            if len(signature) != 2 * size:
                return False
            der = encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
            point = ec.EllipticCurvePublicKey.from_encoded_point(curve(), self.raw)
            point.verify(der, data, ec.ECDSA(_HASH[_ALG[self.crv]]))
            return True
        except (BadSignatureError, InvalidSignature, KeyError, ValueError):
            return False


class Signer(Protocol):
    """Whoever holds a private signing key and will use it for us."""

    @property
    def kid(self) -> str:
        """The DID URL or thumbprint that verifiers look the public key up by."""
        ...

    @property
    def public(self) -> PublicKey: ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes for Ed25519, raw r‖s for the elliptic curves."""
        ...


class Agreement(Protocol):
    """Whoever holds a private key-agreement key."""

    @property
    def kid(self) -> str: ...

    @property
    def public(self) -> PublicKey: ...

    def exchange(self, peer: PublicKey) -> bytes:
        """The ECDH shared secret Z with `peer`; raises MalformedMessage for another curve or a low-order point."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A private key in memory: both a `Signer` and an `Agreement`, as its curve allows. Its repr shows no secret."""

    kid: str
    public: PublicKey
    secret: bytes

    def __repr__(self) -> str:
        return f"PrivateKey(kid={self.kid!r}, crv={self.public.crv!r})"

    @staticmethod
    def generate(crv: str, entropy: Entropy, kid: str = "") -> "PrivateKey":
        """A new key of `crv`; without a `kid` it is named by its thumbprint."""
        size = 32 if crv in ("Ed25519", "X25519") else _EC[crv][1]
        while True:
            try:
                return PrivateKey.from_secret(crv, entropy(size), kid)
            except ValueError:  # out of the group's order: for P-521 most candidates, elsewhere next to none
                continue

    @staticmethod
    def from_secret(crv: str, secret: bytes, kid: str = "") -> "PrivateKey":
        """`secret`: the 32-byte seed, or the big-endian scalar for the elliptic curves."""
        if crv == "Ed25519":
            raw, _ = sodium.crypto_sign_seed_keypair(secret)
        elif crv == "X25519":
            raw = x25519.X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        else:
            key = ec.derive_private_key(int.from_bytes(secret, "big"), _EC[crv][0]())
            raw = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        public = PublicKey.from_raw(crv, raw)
        return PrivateKey(kid or public.thumbprint, public, secret)

    @staticmethod
    def from_jwk(jwk: JsonObject, kid: str = "") -> "PrivateKey":
        """The key of a private JWK; its public part must fit its private one."""
        d = jwk.get("d")
        if not isinstance(d, str):
            raise MalformedMessage("not a private key", expected="a JWK with d")
        public = PublicKey.from_jwk({name: value for name, value in jwk.items() if name != "d"})
        key = PrivateKey.from_secret(public.crv, b64url_decode(d), kid or str(jwk.get("kid", "")))
        if key.public != public:
            raise MalformedMessage("the private and public parts of a key do not fit")
        return key

    def to_jwk(self) -> JsonObject:
        """The private JWK. For sealed storage only."""
        return {**self.public.to_jwk(), "d": b64url_encode(self.secret)}

    def named(self, kid: str) -> "PrivateKey":
        """The same key under another key id."""
        return PrivateKey(kid, self.public, self.secret)

    def sign(self, data: bytes) -> bytes:
        if self.public.crv == "Ed25519":
            return sodium.crypto_sign(data, self.secret + self.public.raw)[:_ED25519_BYTES]
        curve, size = _EC[self.public.crv]
        key = ec.derive_private_key(int.from_bytes(self.secret, "big"), curve())
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_HASH[self.public.alg])))
        if self.public.crv == "secp256k1":
            s = min(s, _SECP256K1_ORDER - s)  # both are valid; verifiers of the Bitcoin tradition take the low one only
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def exchange(self, peer: PublicKey) -> bytes:
        if peer.crv != self.public.crv:
            raise MalformedMessage("keys of different curves", found=peer.crv, expected=self.public.crv)
        try:
            if peer.crv == "X25519":
                own = x25519.X25519PrivateKey.from_private_bytes(self.secret)
                return own.exchange(x25519.X25519PublicKey.from_public_bytes(peer.raw))
            curve: Any = _EC[peer.crv][0]()
            point = ec.EllipticCurvePublicKey.from_encoded_point(curve, peer.raw)
            return ec.derive_private_key(int.from_bytes(self.secret, "big"), curve).exchange(ec.ECDH(), point)
        except (KeyError, ValueError) as error:
            raise MalformedMessage("key agreement refused") from error
