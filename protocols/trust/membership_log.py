"""The anchor's append-only log of membership events, each entry naming the digest of the one before.

Who holds the last hash can tell later that nothing before it was changed, dropped or put in between. The log can be
exported, with its head signed by the anchor, and checked by anybody who knows the anchor's key, with no network:

    {"type": "LerMembershipLog", "version": 1, "anchor": entity id, "name", "jwks", "head": JWS,
     "entries": [{"subject", "did", "event", "actor", "detail", "hash"}, …]}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from protocols.errors import EnvelopeError
from protocols.jose.encoding import JsonObject, digest_json
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PublicKey, Signer
from protocols.trust.entity import check_entity_id
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.membership import MembershipEvent, State, follow
from protocols.trust.refusal import StatementRefused, refusing, shown
from protocols.trust.shape import list_of, object_of
from protocols.trust.times import format_instant, from_seconds, to_seconds

GENESIS = ""
"""The previous hash of the first entry."""
HEAD_TYP = "ler-membership-head+jwt"
TYPE = "LerMembershipLog"
VERSION = 1
MAX_EXPORT_BYTES = 64 * 1024 * 1024
_MAX_ENTRIES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One row of the log as stored.

    Args:
        subject: the entity id that the event is about; `did` its DID.
        actor: who decided: an operator's name at the anchor, or the DID that asked for it.
        detail: what was decided or handed in besides: name, roles, keys, the signed application.
    """

    subject: str
    did: str
    event: MembershipEvent
    actor: str
    previous_hash: str
    hash: str
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> JsonObject:
        return {
            "subject": self.subject,
            "did": self.did,
            "event": self.event.to_json(),
            "actor": self.actor,
            "detail": dict(self.detail),
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedLog:
    """A log out of a file. `signed_by` is the thumbprint of the anchor's key that signed its head, at `signed_at`."""

    anchor: str
    name: str
    entries: tuple[LogEntry, ...]
    signed_by: str
    signed_at: datetime


def append(
    previous_hash: str, event: MembershipEvent, *, subject: str, did: str, actor: str, detail: Mapping[str, Any]
) -> str:
    """The hash of the entry that puts `event` of `subject` after `previous_hash` (`GENESIS` for the first).

    SHA-256 over the RFC 8785 form of {previous, subject, did, event, actor, detail}, base64url without padding.
    """
    return digest_json(
        {
            "previous": previous_hash,
            "subject": subject,
            "did": did,
            "event": event.to_json(),
            "actor": actor,
            "detail": dict(detail),
        }
    )


def check_log(entries: Sequence[LogEntry]) -> tuple[str, ...]:
    """Every problem of a log read from its beginning, as sentences; empty: it holds.

    Checked for each entry: it names the hash of the one before, its own hash fits, time does not go back, and the
    event may follow what the log says of the same subject so far.
    """
    problems: list[str] = []
    states: dict[str, tuple[State, MembershipEvent]] = {}
    for position, entry in enumerate(entries):
        before = entries[position - 1] if position else None
        if entry.previous_hash != (before.hash if before else GENESIS):
            problems.append(f"entry {position} does not follow the one before it")
        if entry.hash != _hash_of(entry):
            problems.append(f"entry {position} was changed: its hash does not fit")
        if before and entry.event.at < before.event.at:
            problems.append(f"entry {position} of {format_instant(entry.event.at)} is dated before the one before it")
        state, last = states.get(entry.subject, ("none", None))
        try:
            states[entry.subject] = follow(state, last, entry.event), entry.event
        except StatementRefused as refusal:
            problems.append(f"entry {position} is not a legal event: {refusal.found}")
    return tuple(problems)


def export_log(
    entries: Sequence[LogEntry],
    *,
    anchor: str,
    name: str,
    signer: Signer,
    jwks: Mapping[str, PublicKey],
    now: datetime,
) -> JsonObject:
    """The log as a document; `signer` is a federation key of the anchor, one of `jwks`."""
    head = {"iss": anchor, "iat": to_seconds(now), "size": len(entries), "hash": _last_hash(entries)}
    return {
        "type": TYPE,
        "version": VERSION,
        "anchor": anchor,
        "name": name,
        "jwks": to_jwks(jwks),
        "head": sign_compact(head, signer, typ=HEAD_TYP),
        "entries": [entry.to_json() for entry in entries],
    }


def read_log(value: object) -> ExportedLog:
    """The log in an exported document, whose head the anchor's key in it signed.

    Whether that key is the anchor's is for the reader to know; whether the entries hold, for `check_log`.

    Raises:
        StatementRefused: `log`, and those of `MembershipEvent.parse` and `parse_jwks`; `signature` and `log_head` for
            a head that is not of these entries.
    """
    document = object_of(value, rule="log")
    if (document.get("type"), document.get("version")) != (TYPE, VERSION):
        raise StatementRefused(
            "not a membership log", rule="log", found=shown(document.get("type")), expected=f"{TYPE} {VERSION}"
        )
    entries: list[LogEntry] = []
    for item in list_of(document.get("entries"), rule="log", at_most=_MAX_ENTRIES, at_least=0):
        entries.append(_entry(item, entries[-1].hash if entries else GENESIS))
    anchor = check_entity_id(document.get("anchor"))
    with refusing("log_head"):
        jws = parse_compact(str(document.get("head")), typ=HEAD_TYP)
        head, key = jws.claims, parse_jwks(document.get("jwks")).get(jws.kid)
    if key is None or head.get("iss") != anchor:
        raise StatementRefused("a head by somebody else", rule="log_head", found=jws.kid[:80], expected=anchor)
    try:
        jws.verify(key)
    except EnvelopeError as error:
        raise StatementRefused(error.detail, rule="signature") from error
    if (head.get("size"), head.get("hash")) != (len(entries), _last_hash(entries)):
        raise StatementRefused(
            "entries are missing or were added after the head was signed",
            rule="log_head",
            found=f"{len(entries)} entries",
            expected=f"{shown(head.get('size'))} entries, the last of hash {shown(head.get('hash'))}",
        )
    return ExportedLog(
        anchor=anchor,
        name=str(document.get("name"))[:200],
        entries=tuple(entries),
        signed_by=key.thumbprint,
        signed_at=from_seconds(head.get("iat"), claim="iat"),
    )


def _entry(value: object, previous_hash: str) -> LogEntry:
    entry = object_of(value, rule="log")
    texts = {name: entry.get(name) for name in ("subject", "did", "actor", "hash")}
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > 600:
            raise StatementRefused(f"an entry without {name}", rule="log", found=shown(text), expected="a text")
    return LogEntry(
        subject=str(texts["subject"]),
        did=str(texts["did"]),
        event=MembershipEvent.parse(entry.get("event")),
        actor=str(texts["actor"]),
        detail=object_of(entry.get("detail", {}), rule="log"),
        previous_hash=previous_hash,
        hash=str(texts["hash"]),
    )


def _hash_of(entry: LogEntry) -> str:
    return append(
        entry.previous_hash,
        entry.event,
        subject=entry.subject,
        did=entry.did,
        actor=entry.actor,
        detail=entry.detail,
    )


def _last_hash(entries: Sequence[LogEntry]) -> str:
    return entries[-1].hash if entries else GENESIS
