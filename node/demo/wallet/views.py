"""What is known about a request when it is shown: who asks, what of the learner's answers it, what is too much."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.demo.wallet.errors import NotFound
from node.demo.wallet.rows import askers, relations
from node.demo.wallet.rows.askers import Asked, Asker
from node.demo.wallet.rows.relations import Held
from node.demo.wallet.trust import Requester, anchors_of, requester_of
from protocols.credentials.model import parse_credential
from protocols.credentials.validity import check_dates
from protocols.dids.shapes import as_list, as_object
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.requests.query import ItemAnswer, QueryItem, answer, claim_names
from protocols.requests.request import PresentationRequest, parse_request
from protocols.trust.registration import VerifierRegistration, covers


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One thing asked for, and the learner's record that answers it; None with `missing` where there is none.

    `is_too_much`: the requester is not registered to ask for this.
    """

    item: QueryItem
    held: Held | None
    why: str | None
    missing: str | None
    is_too_much: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverAsks:
    """What goes beyond the requester's registration, each a sentence; None where nothing does."""

    purpose: str | None = None
    retention: str | None = None
    items: str | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(words for words in (self.purpose, self.retention, self.items) if words is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request as it stands now."""

    asked: Asked
    asker: Asker
    request: PresentationRequest
    requester: Requester
    items: Sequence[ItemView]
    others: Sequence[Held]
    over_asks: OverAsks
    is_expired: bool

    @property
    def id(self) -> str:
        return self.asked.id


def view(db: sqlite3.Connection, id: str, *, now: datetime) -> RequestView:
    """The request with this id; raises NotFound."""
    asked = askers.request(db, id)
    asker = askers.asker(db, asked.subject) if asked is not None else None
    if asked is None or asker is None:
        raise NotFound("no such request", found=id[:40], expected="an id that `requests` lists")
    request = parse_request(asked.jws)
    requester = requester_of(request.trust_chain, request.issuer, anchors_of(db), now)
    held = [each for each in relations.credentials(db) if _is_in_force(each.document, now)]
    answers = answer(request.query, [each.document for each in held])
    pairs = zip(request.query.items, answers, strict=True)
    items = tuple(_item(item, found, held, requester.registration) for item, found in pairs)
    answering = {item.held.digest for item in items if item.held is not None}
    return RequestView(
        asked=asked,
        asker=asker,
        request=request,
        requester=requester,
        items=items,
        others=tuple(each for each in held if each.digest not in answering),
        over_asks=_over_asks(request, requester.registration, items),
        is_expired=now >= request.expires_at,
    )


def name_of(document: JsonObject) -> str:
    """What a record is called by whoever issued it, cut short."""
    name = document.get("name")
    return " ".join(name.split())[:120] if isinstance(name, str) and name.strip() else "A record"


def issuer_name_of(document: JsonObject) -> str:
    """What the issuer of a record calls itself, else its identifier."""
    issuer = document.get("issuer")
    fields = as_object(issuer) or {}
    name, id = fields.get("name"), fields.get("id", issuer)
    return " ".join(name.split())[:120] if isinstance(name, str) and name.strip() else str(id)[:120]


def alignments_of(document: JsonObject) -> list[JsonObject]:
    """The alignment objects of a badge, for listings."""
    found: list[JsonObject] = []
    for subject in _objects(document.get("credentialSubject")):
        for achievement in _objects(subject.get("achievement")):
            found.extend(_objects(achievement.get("alignment")))
    return found


def _objects(value: Any) -> list[JsonObject]:
    items = as_list(value)
    return [item for item in map(as_object, [value] if items is None else items) if item is not None]


def _is_in_force(document: JsonObject, now: datetime) -> bool:
    return check_dates(parse_credential(document), now)[0] is Outcome.YES


def _item(
    item: QueryItem, found: ItemAnswer, held: Sequence[Held], registration: VerifierRegistration | None
) -> ItemView:
    first = found.matches[0] if found.matches else None
    return ItemView(
        item=item,
        held=None if first is None else held[first.credential],
        why=None if first is None else first.why,
        missing=found.missing,
        is_too_much=registration is not None and not _is_covered(item, registration),
    )


def _is_covered(item: QueryItem, registration: VerifierRegistration) -> bool:
    return all(covers(registration.claims, name) for name in claim_names(item.credential_type, item.claims))


def _over_asks(
    request: PresentationRequest, registration: VerifierRegistration | None, items: Sequence[ItemView]
) -> OverAsks:
    if registration is None:
        return OverAsks()
    purpose, retention, too_much = None, None, None
    if request.purpose.code not in registration.purposes:
        purpose = "This purpose is not one it is registered for."
    if request.retention_days > registration.max_retention_days:
        retention = f"It is registered to keep records for at most {registration.max_retention_days} days."
    if any(item.is_too_much for item in items):
        too_much = "It asks for more than it is registered to ask for."
    return OverAsks(purpose=purpose, retention=retention, items=too_much)
