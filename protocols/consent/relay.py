"""What travels in consented-relay/1.0: `relay` to the entry, `forward` to the exit, `deliver` to the asker, `answer`.

    wallet ──relay──▶ entry ──forward──▶ exit ──deliver──▶ asker
       knows next = exit     opens the middle     opens the inner JWE

The *middle* is the payload that only the exit reads: what kind of thing is said, to whom, and the way back. The
*inner JWE*, the middle's attachment and later the delivery's, only the asker opens.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from protocols.consent.letters import MAX_LETTER_BYTES, Return, parse_contact, parse_decline, read_return
from protocols.consent.receipt import Receipt, parse_receipt
from protocols.consent.record import MAX_RECORD_BYTES, parse_record
from protocols.consent.use import MAX_USE_BYTES, parse_use
from protocols.errors import MalformedMessage, UnsupportedMessage
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.requests.members import Members, seconds
from protocols.requests.request import MAX_REQUEST_BYTES, parse_request

CONSENTED_RELAY = "https://w3id.org/ler-exchange/consented-relay/1.0"
RELAY = f"{CONSENTED_RELAY}/relay"
FORWARD = f"{CONSENTED_RELAY}/forward"
DELIVER = f"{CONSENTED_RELAY}/deliver"
ANSWER = f"{CONSENTED_RELAY}/answer"

MAX_FINDINGS = 64


class Kind(StrEnum):
    """What a learner can send to an asker."""

    CONTACT = "contact"
    PRESENT = "present"
    DECLINE = "decline"
    RECEIPT = "receipt"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact letter (`letters.sign_contact`)."""

    letter: str

    def to_json(self) -> JsonObject:
        return {"kind": Kind.CONTACT.value, "contact": self.letter}


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A presentation goes with it: request as received, consent record and use, each a compact JWS."""

    request: str
    record: str
    use: str

    def to_json(self) -> JsonObject:
        return {"kind": Kind.PRESENT.value, "request": self.request, "record": self.record, "use": self.use}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A decline letter (`letters.sign_decline`) and the request it answers."""

    request: str
    letter: str

    def to_json(self) -> JsonObject:
        return {"kind": Kind.DECLINE.value, "request": self.request, "decline": self.letter}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipted:
    """The receipt with both signatures."""

    receipt: Receipt

    def to_json(self) -> JsonObject:
        return {"kind": Kind.RECEIPT.value, "receipt": self.receipt.to_json()}


Said = Contact | Present | Decline | Receipted


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Body of `relay`, wallet to entry; its attachment is the middle JWE."""

    next: str
    expires: datetime

    def to_json(self) -> JsonObject:
        return {"next": self.next, "expires": seconds(self.expires)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Body of `forward`, entry to exit; its attachment is the same middle JWE. The envelope says who vouches."""

    expires: datetime

    def to_json(self) -> JsonObject:
        return {"expires": seconds(self.expires)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Middle:
    """The payload of the middle JWE. `next` is the asker's DID; a contact always says the way back."""

    next: str
    said: Said
    way_back: Return | None = None

    def to_json(self) -> JsonObject:
        value: JsonObject = {"next": self.next, **self.said.to_json()}
        return value if self.way_back is None else {**value, "return": self.way_back.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Body of `deliver`, exit to asker. `vouched`: a member in good standing vouches for an enrolled learner."""

    said: Said
    vouched: bool

    def to_json(self) -> JsonObject:
        return {**self.said.to_json(), "vouched": self.vouched}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Body of `answer`, exit to mailbox: whether it was delivered, and the named refusals where not.

    `about` is the digest of the use, letter or receipt it answers (the exact characters of a JWS, the RFC 8785 form
    of a receipt).
    """

    about: str
    delivered: bool
    refusals: tuple[Finding, ...] = ()

    def to_json(self) -> JsonObject:
        refusals = [
            {"number": finding.number, "name": finding.name, "outcome": finding.outcome.value, "reason": finding.reason}
            for finding in self.refusals
        ]
        return {"about": self.about, "delivered": self.delivered, "refusals": refusals}


def parse_relay(body: Any) -> Relay:
    """The body of `relay`; raises MalformedMessage."""
    members = Members(body, "relay")
    relay = Relay(next=members.did("next"), expires=members.time("expires"))
    members.done()
    return relay


def parse_forward(body: Any) -> Forward:
    """The body of `forward`; raises MalformedMessage."""
    members = Members(body, "forward")
    forward = Forward(expires=members.time("expires"))
    members.done()
    return forward


def parse_middle(value: Any) -> Middle:
    """The payload of a middle JWE; every token in it is of its type and form, no signature is checked.

    Raises:
        MalformedMessage: a member missing, unknown or of the wrong form; a contact without its way back.
        UnsupportedMessage: a kind that is reserved (withdraw, dispute) or unknown.
        TooLarge: a token over its own limit.
    """
    members = Members(value, "middle")
    next_did, way_back = members.did("next"), members.take("return")
    said = _said(members)
    members.done()
    if isinstance(said, Contact) and way_back is None:
        raise MalformedMessage("a contact without a way back", expected="return")
    return Middle(next=next_did, said=said, way_back=None if way_back is None else read_return(way_back))


def parse_deliver(body: Any) -> Deliver:
    """The body of `deliver`; raises as `parse_middle` does."""
    members = Members(body, "deliver")
    deliver = Deliver(said=_said(members), vouched=members.boolean("vouched"))
    members.done()
    return deliver


def parse_answer(body: Any) -> Answer:
    """The body of `answer`; raises MalformedMessage or TooLarge."""
    members = Members(body, "answer")
    answer = Answer(
        about=members.digest("about"),
        delivered=members.boolean("delivered"),
        refusals=members.items("refusals", MAX_FINDINGS, _refusal),
    )
    members.done()
    return answer


def _said(members: Members) -> Said:
    kind = members.text("kind", 32)
    match kind:
        case Kind.CONTACT:
            said = Contact(letter=members.token("contact", MAX_LETTER_BYTES))
            parse_contact(said.letter)
        case Kind.PRESENT:
            said = Present(
                request=members.token("request", MAX_REQUEST_BYTES),
                record=members.token("record", MAX_RECORD_BYTES),
                use=members.token("use", MAX_USE_BYTES),
            )
            parse_request(said.request)
            parse_record(said.record)
            parse_use(said.use)
        case Kind.DECLINE:
            said = Decline(
                request=members.token("request", MAX_REQUEST_BYTES), letter=members.token("decline", MAX_LETTER_BYTES)
            )
            parse_request(said.request)
            parse_decline(said.letter)
        case Kind.RECEIPT:
            said = Receipted(receipt=parse_receipt(members.take("receipt")))
        case _:
            raise UnsupportedMessage(
                "a kind that is not carried", found=kind, expected="contact, present, decline, receipt"
            )
    return said


def _refusal(value: Any) -> Finding:
    members = Members(value, "refusal")
    number, name = members.integer("number", 1, 99), members.text("name", 100)
    outcome, reason = members.text("outcome", 32), members.text("reason", 500)
    members.done()
    if outcome not in (Outcome.NO, Outcome.COULD_NOT_TELL):
        raise MalformedMessage("not the outcome of a refusal", found=outcome, expected="no or could_not_tell")
    return Finding(number=number, name=name, outcome=Outcome(outcome), reason=reason)
