"""enrolment 1.0: its two messages, the learner's command, and what follows.

Spec: docs/protocols/enrolment.md
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage
from protocols.flow import Command, Effect
from protocols.jose.encoding import JsonObject, digest

PIURI = "https://w3id.org/ler-exchange/enrolment/1.0"
MIN_CODE_CHARS = 8
MAX_CODE_CHARS = 128
MAX_ANCHORS = 20
_MAX_TEXT_CHARS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol(Command):
    """The learner uses a code that `theirs`, an institution, gave them; `ours` is the DID it will know them by."""

    code: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BindLearner(Effect):
    """From now on `did` is `learner` (the institution's own id), and the code with this hash is used up.

    Whoever performs this does it only if the code is still unused at that moment: of two that race, one is bound.
    """

    learner: str
    did: str
    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled(Effect):
    """The institution knows us: keep its anchors, and ask `mediation` to take our mail.

    `learner`: {reference}, what the institution calls us when it writes. `anchors`: the trust anchors it goes by.
    """

    thread_id: str
    institution: str
    learner: JsonObject
    assurance: str
    anchors: tuple[str | JsonObject, ...]
    mediation: str


def code_hash(code: str) -> str:
    """What an institution stores instead of a code: its SHA-256, base64url."""
    return digest(code.encode("utf-8"))


def enrol(command: Enrol, *, id: str, now: datetime) -> Message:
    return Message(
        id=id,
        type=f"{PIURI}/enrol",
        sender=command.ours,
        to=(command.theirs,),
        created_time=now,
        return_route="all",
        body={"code": command.code},
    )


def read_code(message: Message) -> str:
    """The code of an enrol message; its value is never repeated in an error."""
    code = message.body.get("code")
    if not isinstance(code, str) or not MIN_CODE_CHARS <= len(code) <= MAX_CODE_CHARS:
        expected = f"a string of {MIN_CODE_CHARS} to {MAX_CODE_CHARS} characters"
        raise MalformedMessage("an enrolment without a code", expected=expected)
    return code


def enrolled(fact: JsonObject, *, mediation: str) -> JsonObject:
    """The body of the answer, from what the institution knows of the code."""
    return {
        "learner": {"reference": fact["reference"]},
        "assurance": fact["assurance"],
        "anchors": list(fact["anchors"]),
        "mediation": {"did": mediation},
    }


def read_enrolled(message: Message, *, institution: str) -> Enrolled:
    """What an enrolled message says.

    Raises:
        MalformedMessage: without reference, assurance, a list of at most 20 anchors, or the mediator's DID.
    """
    body = message.body
    anchors: Any = body.get("anchors")
    if not isinstance(anchors, list) or len(anchors) > MAX_ANCHORS:  # pyright: ignore[reportUnknownArgumentType]
        raise MalformedMessage("anchors is not a short list", expected=f"a list of at most {MAX_ANCHORS}")
    if not all(isinstance(anchor, str | dict) for anchor in anchors):  # pyright: ignore[reportUnknownVariableType]
        raise MalformedMessage("an anchor of another form", expected="entity ids or objects")
    return Enrolled(
        thread_id=message.thread_id,
        institution=institution,
        learner={"reference": _text(_object(body.get("learner"), "learner"), "reference")},
        assurance=_text(dict(body), "assurance"),
        anchors=tuple(anchors),  # pyright: ignore[reportUnknownArgumentType]
        mediation=_text(_object(body.get("mediation"), "mediation"), "did"),
    )


def _object(value: Any, name: str) -> JsonObject:
    if not isinstance(value, dict):
        raise MalformedMessage(f"{name} is missing", expected="a JSON object")
    return value  # pyright: ignore[reportUnknownVariableType]


def _text(item: JsonObject, name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT_CHARS:
        raise MalformedMessage(f"{name} is missing", expected=f"a string of at most {_MAX_TEXT_CHARS} characters")
    return value
