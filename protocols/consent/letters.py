"""The two short signed letters of a learner who shares nothing yet: first contact, and no.

Both are compact JWS by the per-asker key and are readable by the exit, which needs them to open the way back and to
know that a refusal is the learner's own.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject, digest_json
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.requests.members import Members, seconds

CONTACT_TYP = "ler-contact+jwt"
DECLINE_TYP = "ler-decline+jwt"
MAX_LETTER_BYTES = 48 * 1024


class DeclineReason(StrEnum):
    """What a learner may choose to say with a no. None of them tells whether they had what was asked."""

    NOT_INTERESTED = "not-interested"
    NOT_NOW = "not-now"
    TOO_MUCH_ASKED = "too-much-asked"
    TOO_LONG_KEPT = "too-long-kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The way back to a learner, for the exit's eyes only.

    Args:
        via: the entry's DID.
        mailbox: a did:key in the learner's keylist there, made for this asker.
        until: when the exit forgets it.
        salt: unpredictable, so that `return_hash` tells the asker nothing.
    """

    via: str
    mailbox: str
    until: datetime
    salt: str

    def to_json(self) -> JsonObject:
        return {"via": self.via, "mailbox": self.mailbox, "until": seconds(self.until), "salt": self.salt}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLetter:
    """The learner answers an invitation: from now on they are `subject` to this asker, through this exit.

    The asker receives this letter as signed. That is why it holds only the digest of the way back: the way back
    names the learner's own institution.

    Args:
        invitation: id of the out-of-band invitation.
        subject: the per-asker DID in its long form, which carries its own document.
    """

    invitation: str
    subject: str
    asker: str
    exit: str
    return_hash: str
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineLetter:
    """The learner says no to one request."""

    subject: str
    request_hash: str
    issued_at: datetime
    reason: DeclineReason | None = None


def return_hash(way_back: Return) -> str:
    """The digest by which a contact letter binds the way back."""
    return digest_json(way_back.to_json())


def read_return(value: Any) -> Return:
    """The way back in a JSON object.

    Raises:
        MalformedMessage: a member missing or unknown, or a mailbox that is no did:key: an exit must not be made to
            look anything up, or to hold up an entry's other mail, for a mailbox of the sender's making.
    """
    members = Members(value, "return")
    way_back = Return(
        via=members.did("via"),
        mailbox=members.did("mailbox"),
        until=members.time("until"),
        salt=members.token("salt", 86),
    )
    members.done()
    if not way_back.mailbox.startswith("did:key:"):
        raise MalformedMessage("a mailbox of another kind", found=way_back.mailbox[:16], expected="a did:key")
    return way_back


def sign_contact(letter: ContactLetter, signer: Signer) -> str:
    """The letter as a compact JWS. `signer.kid` is a key of `letter.subject`, written with the long form."""
    claims: JsonObject = {
        "iss": letter.subject,
        "aud": letter.asker,
        "invitation": letter.invitation,
        "exit": letter.exit,
        "return_hash": letter.return_hash,
        "iat": seconds(letter.issued_at),
    }
    token = sign_compact(claims, signer, typ=CONTACT_TYP)
    parse_contact(token)
    return token


def parse_contact(token: str) -> ContactLetter:
    """The letter, its signature not yet checked; raises MalformedMessage or TooLarge."""
    return _contact(parse_compact(token, typ=CONTACT_TYP, max_bytes=MAX_LETTER_BYTES))


def verify_contact(token: str, key: PublicKey) -> ContactLetter:
    """The letter once `key` was found to have signed it; raises EnvelopeError when it did not."""
    jws = parse_compact(token, typ=CONTACT_TYP, max_bytes=MAX_LETTER_BYTES)
    jws.verify(key)
    return _contact(jws)


def sign_decline(letter: DeclineLetter, signer: Signer) -> str:
    """The letter as a compact JWS by a key of `letter.subject`."""
    claims: JsonObject = {
        "iss": letter.subject,
        "request_hash": letter.request_hash,
        "iat": seconds(letter.issued_at),
    }
    if letter.reason is not None:
        claims["reason"] = letter.reason.value
    token = sign_compact(claims, signer, typ=DECLINE_TYP)
    parse_decline(token)
    return token


def parse_decline(token: str) -> DeclineLetter:
    """The letter, its signature not yet checked; raises MalformedMessage or TooLarge."""
    return _decline(parse_compact(token, typ=DECLINE_TYP, max_bytes=MAX_LETTER_BYTES))


def verify_decline(token: str, key: PublicKey) -> DeclineLetter:
    """The letter once `key` was found to have signed it; raises EnvelopeError when it did not."""
    jws = parse_compact(token, typ=DECLINE_TYP, max_bytes=MAX_LETTER_BYTES)
    jws.verify(key)
    return _decline(jws)


def _contact(jws: CompactJws) -> ContactLetter:
    members = Members(jws.claims, "contact")
    letter = ContactLetter(
        invitation=members.identifier("invitation"),
        subject=_signer_of(jws, members.did("iss")),
        asker=members.did("aud"),
        exit=members.did("exit"),
        return_hash=members.digest("return_hash"),
        issued_at=members.time("iat"),
    )
    members.done()
    return letter


def _decline(jws: CompactJws) -> DeclineLetter:
    members = Members(jws.claims, "decline")
    reason = members.optional_text("reason", 32)
    if reason is not None and reason not in set(DeclineReason):
        raise MalformedMessage("not a reason to decline", found=reason, expected=", ".join(DeclineReason))
    letter = DeclineLetter(
        subject=_signer_of(jws, members.did("iss")),
        request_hash=members.digest("request_hash"),
        issued_at=members.time("iat"),
        reason=None if reason is None else DeclineReason(reason),
    )
    members.done()
    return letter


def _signer_of(jws: CompactJws, did: str) -> str:
    if jws.kid.partition("#")[0] != did:
        raise MalformedMessage("a letter signed under another DID's key id", expected="a kid of its issuer")
    return did
