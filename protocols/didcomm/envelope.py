"""Envelopes: packing a message for others, opening what others packed.

    plain  {…}                          anyone wrote it, anyone reads it
    signed  JWS(plain)                  one DID wrote it, and cannot deny it
    authcrypt  1PU(plain or signed)     one DID wrote it, one reads it
    anoncrypt  ES(any of the above)     one DID reads it

Opening takes DID documents of senders. They are handed in; where one is missing, `NeedsDocument` says which, the
caller resolves it however it likes, and calls again: nothing here waits.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#message-formats
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from protocols.didcomm import jwe, jws
from protocols.didcomm.from_prior import FromPrior, is_current, parse_from_prior, verify_from_prior
from protocols.didcomm.message import Message, parse_message
from protocols.didcomm.refusal import refused
from protocols.dids.did import check_did, did_of
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.dids.peer import short_form, short_kid
from protocols.errors import Expired, MalformedMessage
from protocols.jose.encoding import parse_object
from protocols.jose.keys import Agreement, Entropy, Signer

MAX_ENVELOPE_BYTES = 1024 * 1024
CLOCK_SKEW = timedelta(minutes=5)

Kind = Literal["plain", "signed", "authcrypt", "anoncrypt"]

_NESTINGS: frozenset[tuple[Kind, ...]] = frozenset(
    {
        (),
        ("signed",),
        ("authcrypt",),
        ("authcrypt", "signed"),
        ("anoncrypt",),
        ("anoncrypt", "signed"),
        ("anoncrypt", "authcrypt"),
        ("anoncrypt", "authcrypt", "signed"),
    }
)
"""Outermost first. The last is not to be sent, but stands in the specification's own appendix C.3."""


class NeedsDocument(Exception):
    """The document of `did` is needed to go on: resolve it, put it into `documents` under that DID, call again."""

    def __init__(self, did: str) -> None:
        super().__init__(did)
        self.did = did


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """What an envelope shows to everyone. `skid` is a claim."""

    kind: Kind
    recipient_kids: tuple[str, ...] = ()
    skid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A message and what its envelope proved."""

    message: Message
    sender: str | None
    """The DID that the encryption or a signature authenticated; None for an anonymous message, whatever `from` says."""
    sender_kid: str | None
    signer: str | None
    """The key id that signed; what it signed can be shown to others."""
    recipient_kid: str | None
    """Our key id, as `secrets` names it, of the innermost encryption; None when nothing was encrypted."""
    layers: tuple[Kind, ...]
    """Outermost first; empty for a plaintext message."""
    prior: FromPrior | None
    addressed: bool
    """Whether `to` names the recipient; a message that does not is to be taken with care (message headers, `to`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """What is known while layers come off."""

    secrets: Mapping[str, Agreement]
    documents: Mapping[str, DidDocument]
    now: datetime
    layers: tuple[Kind, ...] = ()
    sender_kid: str | None = None
    signer: str | None = None
    recipient_kid: str | None = None


def peek(data: bytes) -> Peek:
    """The outermost layer of an envelope, for routing it, without a key.

    Raises:
        MalformedMessage, TooLarge, EnvelopeError: not an envelope.
    """
    value = parse_object(data, max_bytes=MAX_ENVELOPE_BYTES)
    if "ciphertext" in value:
        parsed = jwe.parse_jwe(value)
        kind: Kind = "anoncrypt" if parsed.skid is None else "authcrypt"
        return Peek(kind=kind, recipient_kids=parsed.kids, skid=parsed.skid)
    return Peek(kind="signed" if "payload" in value else "plain")


def pack_plain(message: Message) -> bytes:
    """The message as JSON in UTF-8, for signing, encrypting, or showing to anyone (an out-of-band invitation)."""
    try:
        text = json.dumps(message.to_json(), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except (TypeError, ValueError) as error:
        raise MalformedMessage("a message that is not JSON", expected="JSON values only") from error


def pack_signed(message: Message, signer: Signer) -> bytes:
    """The message signed by `signer`, whose kid is an authentication key of `message.sender`."""
    return jws.sign(pack_plain(message), signer)


def pack_authcrypt(
    payload: Message | bytes, *, sender: Agreement, recipients: Sequence[VerificationMethod], entropy: Entropy
) -> bytes:
    """An envelope that only the recipient reads and that proves the sender to it, and to nobody else.

    Args:
        payload: a message, or one already packed by `pack_signed`.
        sender: its kid is the absolute DID URL of a keyAgreement key of `message.sender`.
        recipients: keyAgreement keys of one DID and of the sender's curve: all of that curve, as a rule.

    Raises:
        IllegalMove: keys that do not go together.
    """
    return jwe.encrypt(_payload(payload), recipients=recipients, sender=sender, entropy=entropy)


def pack_anoncrypt(
    payload: Message | bytes,
    *,
    recipients: Sequence[VerificationMethod],
    entropy: Entropy,
    enc: str = "A256CBC-HS512",
) -> bytes:
    """An envelope that only the recipient reads and that says nothing of the sender.

    Args:
        payload: a message, or an envelope already packed by `pack_signed` or `pack_authcrypt`.
        enc: A256CBC-HS512, which every peer must know, A256GCM or XC20P.

    Raises:
        IllegalMove: keys that do not go together, or another `enc`.
    """
    return jwe.encrypt(_payload(payload), recipients=recipients, sender=None, entropy=entropy, enc=enc)


def unpack(
    data: bytes, *, secrets: Mapping[str, Agreement], documents: Mapping[str, DidDocument], now: datetime
) -> Unpacked:
    """The message in an envelope, with everything checked that an envelope can prove.

    Args:
        secrets: our keyAgreement keys by absolute key id. For a did:peer:4 the key id of the short form will do for
            messages to either form.
        documents: DID documents by DID, as far as they are at hand.

    Raises:
        NeedsDocument: a document is missing that it takes to go on.
        EnvelopeError: it does not open, or what it proves does not fit; one wording for every cause.
        MalformedMessage, TooLarge: not an envelope, or not a message.
        Expired: past its `expires_time`, or of more than five minutes in the future.
    """
    return _open(data, _Opening(secrets=secrets, documents=documents, now=now))


def _open(data: bytes, opening: _Opening) -> Unpacked:
    value = parse_object(data, max_bytes=MAX_ENVELOPE_BYTES)
    if "ciphertext" in value:
        return _open_encrypted(jwe.parse_jwe(value), opening)
    if "payload" in value:
        return _open_signed(jws.parse_jws(value), opening)
    return _finish(parse_message(value), opening)


def _open_encrypted(parsed: jwe.Jwe, opening: _Opening) -> Unpacked:
    layers = _nested(opening, "anoncrypt" if parsed.skid is None else "authcrypt")
    kid, ours = _our_kid(parsed, opening.secrets)
    method = None if parsed.skid is None else _authorised(parsed.skid, "keyAgreement", opening)
    plaintext = jwe.decrypt(parsed, kid, opening.secrets[ours], None if method is None else method.key)
    return _open(plaintext, replace(opening, layers=layers, sender_kid=parsed.skid, recipient_kid=ours))


def _open_signed(parsed: jws.SignedMessage, opening: _Opening) -> Unpacked:
    """Every signature must hold, and all must be of one DID: that of the sender, where the encryption proved one."""
    layers = _nested(opening, "signed")
    kids = [signature.kid for signature in parsed.signatures]
    authors = {short_form(did_of(kid)) for kid in (*kids, *([opening.sender_kid] if opening.sender_kid else []))}
    if len(authors) != 1:
        raise refused()
    for signature in parsed.signatures:
        signature.verify(_authorised(signature.kid, "authentication", opening).key)
    return _open(parsed.payload, replace(opening, layers=layers, signer=kids[0]))


def _finish(message: Message, opening: _Opening) -> Unpacked:
    """The checks of a plaintext message against what its layers proved (checklist H2, E12, J7)."""
    author = opening.sender_kid or opening.signer
    sender = None if author is None else did_of(author)
    if sender is not None and (message.sender is None or short_form(message.sender) != short_form(sender)):
        raise refused()
    if opening.signer is not None and opening.recipient_kid is not None and not message.to:
        raise refused()  # what was signed for nobody in particular could have been encrypted by anybody
    if message.expires_time is not None and message.expires_time <= opening.now:
        raise Expired("the message has expired")
    if message.created_time is not None and message.created_time > opening.now + CLOCK_SKEW:
        raise Expired("the message is of the future", expected="created_time at most five minutes ahead")
    recipient = None if opening.recipient_kid is None else short_form(did_of(opening.recipient_kid))
    return Unpacked(
        message=message,
        sender=sender,
        sender_kid=opening.sender_kid,
        signer=opening.signer,
        recipient_kid=opening.recipient_kid,
        layers=opening.layers,
        prior=_prior(message, opening),
        addressed=recipient is None or recipient in {short_form(did) for did in message.to},
    )


def _prior(message: Message, opening: _Opening) -> FromPrior | None:
    if message.from_prior is None:
        return None
    if opening.recipient_kid is None:
        raise MalformedMessage("from_prior in a message that was not encrypted", expected="an encrypted message")
    jwt, old = parse_from_prior(message.from_prior)
    return verify_from_prior(jwt, _document(old, opening), sender=message.sender, now=opening.now)


def _nested(opening: _Opening, layer: Kind) -> tuple[Kind, ...]:
    layers = (*opening.layers, layer)
    if layers not in _NESTINGS:
        raise MalformedMessage("envelopes nested in a way that is not allowed", found=" in ".join(reversed(layers)))
    return layers


def _our_kid(parsed: jwe.Jwe, secrets: Mapping[str, Agreement]) -> tuple[str, str]:
    """The first recipient we hold a key for: its key id as it stands in the envelope, and as `secrets` has it."""
    for kid in parsed.kids:
        for name in (kid, short_kid(kid)):
            if name in secrets:
                return kid, name
    raise refused()


def _authorised(kid: str, relationship: str, opening: _Opening) -> VerificationMethod:
    method = _document(did_of(kid), opening).method(kid, relationship)
    if method is None or not is_current(method.expires, method.revoked, opening.now):
        raise refused()
    return method


def _document(did: str, opening: _Opening) -> DidDocument:
    document = opening.documents.get(check_did(did))
    if document is None:
        raise NeedsDocument(did)
    if document.id != did:
        raise refused()
    return document


def _payload(payload: Message | bytes) -> bytes:
    return payload if isinstance(payload, bytes) else pack_plain(payload)
