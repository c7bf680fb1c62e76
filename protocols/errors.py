"""Everything that can be wrong with what a peer sent, each with the DIDComm problem code that tells them.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#problem-codes
"""

from typing import ClassVar


class Explained(Exception):
    """What every error of this project can say, whosever fault it is.

    Args:
        detail: one sentence, safe to show and to log: it never quotes a claim, a name or a key.
        found: what was there, shortened, where it is safe to repeat.
        expected: what would have been right.
    """

    def __init__(self, detail: str, *, found: str | None = None, expected: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.found = found
        self.expected = expected

    @property
    def sentence(self) -> str:
        """`detail: found …, expected …` in one line, without what is not known."""
        facts = [f"{name} {value}" for name, value in (("found", self.found), ("expected", self.expected)) if value]
        return " ".join(f"{self.detail}{': ' if facts else ''}{', '.join(facts)}".split())


class ProtocolError(Explained):
    """A rule of a specification was broken."""

    code: ClassVar[str] = "e.p.msg"


class MalformedMessage(ProtocolError):
    """The bytes are not a message of the protocol they name."""

    code = "e.p.msg.malformed"


class TooLarge(MalformedMessage):
    """Over a limit of size, depth or count; refused before the work it would cause."""

    code = "e.p.me.res.storage.message_too_big"


class UnsupportedMessage(ProtocolError):
    """A protocol, version, format or algorithm that this node does not speak."""

    code = "e.p.msg.unsupported"


class UnexpectedMessage(ProtocolError):
    """The peer may not say this now."""

    code = "e.p.msg.unexpected"


class Expired(ProtocolError):
    """The message or what it refers to is past its time."""

    code = "e.p.req.time"


class Unauthorized(ProtocolError):
    """The peer is known but may not have this."""

    code = "e.p.trust"


class IllegalMove(ProtocolError):
    """*We* may not do this now: a fault of this program, not of the peer."""

    code = "e.p.me"


class EnvelopeError(ProtocolError):
    """An envelope that does not open or does not hold. All cryptographic causes look alike to the sender."""

    code = "e.p.trust.crypto"


class DidError(ProtocolError):
    """A DID, DID URL or DID document that is not valid, or of a method that is not supported."""

    code = "e.p.did"


class MalformedCredential(ProtocolError):
    """Not a credential or presentation of a form that is read here."""


class MalformedStatusList(ProtocolError):
    """A status list that cannot be used."""


class MalformedStatement(ProtocolError):
    """A federation statement, trust mark or membership record that is not valid."""

    code = "e.p.trust"
