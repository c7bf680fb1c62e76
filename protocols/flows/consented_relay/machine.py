"""Every decision of consented-relay/1.0 that a single message allows, for each role.

What needs keys or a directory (opening the middle, checking consent) becomes an effect: it is durable work, and
`protocols.consent.check` decides it with the facts gathered.
"""

from protocols.consent.check import check_entry, is_allowed
from protocols.consent.facts import EntryFacts
from protocols.consent.relay import ANSWER, DELIVER, FORWARD, RELAY, Forward, parse_answer, parse_forward, parse_relay
from protocols.errors import Unauthorized, UnsupportedMessage
from protocols.findings import Outcome
from protocols.flow import Context, Event, Read, Received, Send, Step, Thread
from protocols.flows.consented_relay import messages
from protocols.flows.consented_relay.messages import BACK, AnswerArrived, CheckSealed, TakeDelivery, Unwrap, Vouched
from protocols.jose.encoding import JsonObject, canonical_json, digest_json

MAX_MIDDLE_BYTES = 720 * 1024
"""What still fits an envelope of 1 MiB at the next hop, which writes it in base64 once more."""


def reads(event: Event) -> tuple[Read, ...]:
    """The entry needs to know whom it vouches for and whether the exit is one; the others, whether a relay sent it.

    `entry`: {enrolled, suspended, sent, limit, sealed_seen, next_is_relay}. `is_relay`: bool, False only for one that
    is known not to be: strangers must not make durable work.
    """
    match event:
        case Received(message=message, sender=str(sender)) if message.type == RELAY:
            middle = digest_json(messages.read_envelope(message))
            arguments = {"owner": sender, "middle": middle, "next": parse_relay(message.body).next}
            return (Read(name="entry", kind="entry", arguments=arguments),)
        case Received(message=message, sender=str(sender)) if message.type in (FORWARD, DELIVER):
            return (Read(name="is_relay", kind="is_relay", arguments={"did": sender}),)
        case _:
            return ()


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """One message, one step: nothing is remembered between them here."""
    match event:
        case Received(message=message) if message.type == RELAY:
            return _entry(event, context)
        case Received(message=message, sender=str(sender)) if message.type == FORWARD:
            _check_relay(event)
            expires_at = parse_forward(message.body).expires
            middle = messages.read_envelope(message)
            return Step(effects=(CheckSealed(vouching=sender, middle=middle, expires_at=expires_at),))
        case Received(message=message, sender=str(sender)) if message.type == DELIVER:
            _check_relay(event)
            inner = messages.read_envelope(message) if message.attachments else None
            return Step(effects=(TakeDelivery(exit=sender, body=dict(message.body), inner=inner),))
        case Received(message=message, sender=str()) if message.type == ANSWER:
            return Step(effects=(AnswerArrived(answer=parse_answer(message.body)),))
        case Received(message=message) if message.type == BACK:
            return Step(effects=(Unwrap(envelope=messages.read_envelope(message)),))
        case Received(message=message, sender=None) if message.type in (FORWARD, DELIVER, ANSWER):
            raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
        case _:
            raise UnsupportedMessage("no message of consented-relay/1.0 that is read here")


def _check_relay(event: Received) -> None:
    if not event.facts["is_relay"]:
        raise Unauthorized("only a relay of the network may send this", expected="a member that is registered as relay")


def _entry(event: Received, context: Context) -> Step:
    """Checks (1) and (2), then passes the middle on; nothing of it is read, and nothing says who sent it."""
    if event.sender is None:
        raise Unauthorized("an anonymous sender may not use this relay", expected="an authcrypt message")
    relay = parse_relay(event.message.body)
    middle: JsonObject = messages.read_envelope(event.message)
    size_bytes = len(canonical_json(middle))
    entry = event.facts["entry"]
    facts = EntryFacts(
        is_enrolled=entry["enrolled"],
        is_suspended=entry["suspended"],
        sent_count=entry["sent"],
        limit_count=entry["limit"],
        size_bytes=size_bytes,
        max_bytes=MAX_MIDDLE_BYTES,
        is_replayed=entry["sealed_seen"],
    )
    if not entry["next_is_relay"]:
        raise Unauthorized("the exit is not a relay of the network", expected="a member that is registered as relay")
    findings = check_entry(facts, relay, context.now)
    if not is_allowed(findings):
        raise Unauthorized(next(finding.reason for finding in findings if finding.outcome is not Outcome.YES))
    forward = messages.forward_message(
        Forward(expires=relay.expires),
        middle,
        id=context.new_id(),
        ours=event.ours,
        exit=relay.next,
        now=context.now,
    )
    vouched = Vouched(owner=event.sender, middle=digest_json(middle))
    return Step(effects=(vouched, Send(message=forward)))
