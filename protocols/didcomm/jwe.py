"""JWE as DIDComm uses it: ECDH-1PU (authcrypt) and ECDH-ES (anoncrypt), each with A256KW, in JSON form.

Opening goes in this order, and nothing is computed before all that could be read was checked:

    1. JSON shape and sizes                                  MalformedMessage, TooLarge
    2. alg and enc of ours, neither zip nor crit             checklist E2, E3
    3. epk, apv (and apu, skid) in the protected header      E6, E7
    4. epk a point of an agreement curve                     E4, E5
    5. the content key with one of our keys                  E2
    6. the content

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#message-encryption
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocols.didcomm.content import CONTENT_ENCRYPTIONS
from protocols.didcomm.key_agreement import ECDH_1PU, ECDH_ES, derive_key, unwrap_key, wrap_key
from protocols.didcomm.refusal import refused
from protocols.dids.did import did_of
from protocols.dids.document import VerificationMethod
from protocols.dids.shapes import as_list, as_object
from protocols.errors import IllegalMove, MalformedMessage, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, parse_object
from protocols.jose.keys import Agreement, Entropy, PrivateKey, PublicKey

MAX_RECIPIENTS = 16
MAX_PROTECTED_BYTES = 32 * 1024
"""Room for a sender's key id in the long form, which stands in it twice."""
MEDIA_TYPE = "application/didcomm-encrypted+json"
AGREEMENT_CURVES = ("X25519", "P-256", "P-384", "P-521")

_COORDINATE_BYTES = {"P-256": 32, "P-384": 48, "P-521": 66}
_ENC_OF_ALG = {ECDH_1PU: ("A256CBC-HS512",), ECDH_ES: tuple(CONTENT_ENCRYPTIONS)}
_NOT_OURS = frozenset({"zip", "crit", "b64", "p2c", "p2s", "jwk", "jku", "x5u", "x5c"})
_ELSEWHERE = frozenset({"aad", "unprotected", "header", "encrypted_key"})
"""Members of other JWE forms: DIDComm has no use for them, and each is a place to hide a second header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwe:
    """A parsed JWE whose header is consistent in itself. Who sent it is not known before it was decrypted."""

    protected: str
    alg: str
    enc: str
    epk: PublicKey
    apu: bytes
    apv: bytes
    skid: str | None
    """The sender's key id; None exactly for an anonymous envelope."""
    recipients: tuple[tuple[str, bytes], ...]
    """Key id and encrypted content key of each."""
    iv: bytes
    ciphertext: bytes
    tag: bytes

    @property
    def kids(self) -> tuple[str, ...]:
        return tuple(kid for kid, _ in self.recipients)


def parse_jwe(value: JsonObject) -> Jwe:
    """The JWE in a JSON object, its header checked.

    Raises:
        MalformedMessage: a member missing or of the wrong form.
        TooLarge: more than 16 recipients, or a header over 32 kB.
        EnvelopeError: a header that DIDComm does not allow or that contradicts itself.
    """
    if _ELSEWHERE & value.keys():
        raise MalformedMessage("not a JWE in general JSON form", expected="no aad, unprotected, header, encrypted_key")
    protected = _text(value, "protected")
    header = parse_object(b64url_decode(protected), max_bytes=MAX_PROTECTED_BYTES)
    alg, enc = header.get("alg"), header.get("enc")
    if _NOT_OURS & header.keys() or enc not in _ENC_OF_ALG.get(str(alg), ()):
        raise refused()
    if header.get("typ", MEDIA_TYPE) not in (MEDIA_TYPE, MEDIA_TYPE.removeprefix("application/")):
        raise MalformedMessage("not an encrypted DIDComm message", found=str(header["typ"])[:64], expected=MEDIA_TYPE)
    recipients = _recipients(value)
    apv = _bytes(header, "apv")
    if not hmac.compare_digest(apv, _apv([kid for kid, _ in recipients])):
        raise refused()
    jwe = Jwe(
        protected=protected,
        alg=str(alg),
        enc=str(enc),
        epk=_epk(header),
        apu=_bytes(header, "apu") if header.get("apu") is not None or alg == ECDH_1PU else b"",
        apv=apv,
        skid=_skid(header) if alg == ECDH_1PU else None,
        recipients=recipients,
        iv=_bytes(value, "iv"),
        ciphertext=_bytes(value, "ciphertext"),
        tag=_bytes(value, "tag"),
    )
    content = CONTENT_ENCRYPTIONS[jwe.enc]
    if len(jwe.iv) != content.iv_bytes or len(jwe.tag) != content.tag_bytes or (alg == ECDH_ES and "skid" in header):
        raise refused()
    return jwe


def encrypt(
    plaintext: bytes,
    *,
    recipients: Sequence[VerificationMethod],
    sender: Agreement | None,
    entropy: Entropy,
    enc: str = "A256CBC-HS512",
) -> bytes:
    """A JWE over `plaintext` for keys of one DID and one curve; authenticated by `sender` where one is given.

    Raises:
        IllegalMove: no recipient or more than 16, several DIDs or curves, or an `enc` that the mode does not allow.
    """
    alg = ECDH_ES if sender is None else ECDH_1PU
    crv = _common_curve(recipients, sender)
    if enc not in _ENC_OF_ALG[alg]:
        raise IllegalMove("a content encryption that is not allowed", found=enc, expected=", ".join(_ENC_OF_ALG[alg]))
    content = CONTENT_ENCRYPTIONS[enc]
    ephemeral = PrivateKey.generate(crv, entropy, kid="epk")
    apu = b"" if sender is None else sender.kid.encode()
    apv = _apv([recipient.id for recipient in recipients])
    named = {} if sender is None else {"skid": sender.kid, "apu": b64url_encode(apu)}
    protected = b64url_encode(
        _json(
            {
                "typ": MEDIA_TYPE,
                "alg": alg,
                "enc": enc,
                **named,
                "apv": b64url_encode(apv),
                "epk": ephemeral.public.to_jwk(),
            }
        )
    )
    content_key, iv = entropy(content.key_bytes), entropy(content.iv_bytes)
    ciphertext, tag = content.encrypt(content_key, iv, plaintext, protected.encode("ascii"))

    def wrapped(recipient: VerificationMethod) -> str:
        z = ephemeral.exchange(recipient.key) + (b"" if sender is None else sender.exchange(recipient.key))
        key = derive_key(z, alg=alg, apu=apu, apv=apv, tag=None if sender is None else tag)
        return b64url_encode(wrap_key(key, content_key))

    return _json(
        {
            "protected": protected,
            "recipients": [
                {"header": {"kid": recipient.id}, "encrypted_key": wrapped(recipient)} for recipient in recipients
            ],
            "iv": b64url_encode(iv),
            "ciphertext": b64url_encode(ciphertext),
            "tag": b64url_encode(tag),
        }
    )


def decrypt(jwe: Jwe, kid: str, secret: Agreement, sender: PublicKey | None) -> bytes:
    """The plaintext.

    Args:
        kid: the recipient entry that `secret` is for, as it stands in the JWE.
        sender: the key `jwe.skid` names, from the sender's DID document; None exactly for an anonymous envelope.

    Raises:
        EnvelopeError: it does not open; the same error for every cause.
    """
    if (sender is None) != (jwe.skid is None):
        raise refused()
    content = CONTENT_ENCRYPTIONS[jwe.enc]
    try:
        z = secret.exchange(jwe.epk) + (b"" if sender is None else secret.exchange(sender))
    except ProtocolError as error:
        raise refused() from error
    key = derive_key(z, alg=jwe.alg, apu=jwe.apu, apv=jwe.apv, tag=None if sender is None else jwe.tag)
    content_key = unwrap_key(key, dict(jwe.recipients)[kid], content.key_bytes)
    return content.decrypt(content_key, jwe.iv, jwe.ciphertext, jwe.tag, jwe.protected.encode("ascii"))


def _common_curve(recipients: Sequence[VerificationMethod], sender: Agreement | None) -> str:
    curves = {recipient.key.crv for recipient in recipients} | ({sender.public.crv} if sender else set[str]())
    dids = {did_of(recipient.id) for recipient in recipients}
    if not 1 <= len(recipients) <= MAX_RECIPIENTS or len(dids) != 1 or len(curves) != 1:
        raise IllegalMove(
            "an envelope is for the keys of one DID and one curve, which is the sender's too",
            found=f"{len(recipients)} keys, {len(dids)} DIDs, curves {', '.join(sorted(curves))}",
            expected=f"1 to {MAX_RECIPIENTS} keys, one DID, one curve",
        )
    return curves.pop()


def _apv(kids: Sequence[str]) -> bytes:
    return hashlib.sha256(".".join(sorted(kids)).encode()).digest()


def _epk(header: JsonObject) -> PublicKey:
    jwk = as_object(header.get("epk"))
    if jwk is None:
        raise MalformedMessage("a JWE without ephemeral key", expected="epk in the protected header")
    try:
        epk = PublicKey.from_jwk({**jwk, **_padded(jwk)})
    except ProtocolError as error:
        raise refused() from error
    if epk.crv not in AGREEMENT_CURVES:
        raise refused()
    return epk


def _padded(jwk: JsonObject) -> JsonObject:
    """The coordinates of an epk in full length: a library in the field drops their leading zero bytes."""
    size = _COORDINATE_BYTES.get(str(jwk.get("crv")))
    if size is None:
        return {}
    return {name: b64url_encode(_bytes(jwk, name).rjust(size, b"\0")) for name in ("x", "y")}


def _skid(header: JsonObject) -> str:
    """The sender's key id out of apu, which is what key derivation binds; skid beside it must say the same."""
    try:
        skid = _bytes(header, "apu").decode()
    except UnicodeDecodeError as error:
        raise refused() from error
    if header.get("skid", skid) != skid or "#" not in skid:
        raise refused()
    return skid


def _recipients(value: JsonObject) -> tuple[tuple[str, bytes], ...]:
    items = as_list(value.get("recipients"))
    if not items:
        raise MalformedMessage("a JWE without recipients", expected="a list of recipients")
    if len(items) > MAX_RECIPIENTS:
        raise TooLarge("too many recipients", found=str(len(items)), expected=f"at most {MAX_RECIPIENTS}")
    recipients = tuple(_recipient(item) for item in items)
    if len({kid for kid, _ in recipients}) != len(recipients):
        raise MalformedMessage("a recipient stands twice", expected="one entry a key")
    return recipients


def _recipient(item: Any) -> tuple[str, bytes]:
    fields = as_object(item) or {}
    header = as_object(fields.get("header")) or {}
    if set(header) != {"kid"}:
        raise MalformedMessage("a recipient's header is not just a kid", expected="a header with kid")
    return _text(header, "kid"), _bytes(fields, "encrypted_key")


def _text(fields: JsonObject, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedMessage(f"a JWE without {name}", expected=f"{name}, a string")
    return value


def _bytes(fields: JsonObject, name: str) -> bytes:
    return b64url_decode(_text(fields, name))


def _json(value: JsonObject) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
