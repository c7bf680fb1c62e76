"""issue-credential 3.0: its messages, what each side may want, and what it leads to.

Spec: https://github.com/decentralized-identity/waci-didcomm/blob/main/issue_credential/README.md
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Attachment, Message, attached_json
from protocols.didcomm.problem import PROBLEM_REPORT
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Command, Effect, Thread
from protocols.flows.issue_credential.holder_binding import FORMAT as HOLDER_BINDING
from protocols.jose.encoding import JsonObject, canonical_json

PIURI = "https://didcomm.org/issue-credential/3.0"
CREDENTIAL_FORMAT = "aries/ld-proof-vc@v1.0"
DETAIL_FORMAT = "aries/ld-proof-vc-detail@v1.0"
MAX_CREDENTIAL_BYTES = 256 * 1024
MAX_PREVIEW_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Command):
    """The issuer offers a credential. `preview` tells the learner what it will say."""

    ours: str
    theirs: str
    preview: JsonObject
    thread_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    comment: str | None = None
    replacement_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Command):
    """The issuer has signed the credential that was asked for."""

    credential: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Command):
    """The learner wants what was offered, bound to `holder_did`; `proof_jwt` is by that key (`holder_binding`)."""

    holder_did: str
    proof_jwt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon(Command):
    """We give this issuance up: the learner declines the offer, or the issuer cancels the award."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRequested(Effect):
    """The learner asked, and has shown that `holder_did` is theirs: sign the credential for it."""

    thread_id: str
    holder_did: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferArrived(Effect):
    """Show the learner what `issuer` offers; nothing is asked for before they decide."""

    thread_id: str
    ours: str
    issuer: str
    preview: JsonObject
    offer: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialArrived(Effect):
    """Keep `credential`, unverified as it came from `issuer`."""

    thread_id: str
    issuer: str
    credential: JsonObject


def offer_credential(command: Offer, thread: Thread, *, id: str, now: datetime) -> Message:
    named = {"comment": command.comment, "replacement_id": command.replacement_id}
    body: JsonObject = {name: text for name, text in named.items() if text is not None}
    return Message(
        id=id,
        thid=thread.id,
        type=f"{PIURI}/offer-credential",
        sender=command.ours,
        to=(command.theirs,),
        created_time=now,
        expires_time=command.expires_at,
        body={**body, "credential_preview": command.preview},
        attachments=command.attachments,
    )


def read_preview(message: Message) -> JsonObject:
    """The credential preview of an offer."""
    preview = message.body.get("credential_preview")
    return _bounded(preview, "a credential preview", MAX_PREVIEW_BYTES)


def request_credential(command: Request, thread: Thread, *, id: str, now: datetime) -> Message:
    binding = {"did": command.holder_did, "jwt": command.proof_jwt}
    attached = Attachment(id="holder", format=HOLDER_BINDING, media_type="application/json", json=binding)
    return _message("request-credential", thread, id=id, now=now, body={}, attachments=(attached,))


def read_holder(message: Message) -> tuple[str, str]:
    """(holder DID, proof) of a request, not yet checked."""
    binding: Any = attached_json(message, HOLDER_BINDING)
    did, jwt = (binding.get("did"), binding.get("jwt")) if isinstance(binding, dict) else (None, None)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(did, str) or not isinstance(jwt, str):
        raise MalformedMessage("a request without a holder", expected=f"did and jwt in {HOLDER_BINDING}")
    return did, jwt


def issue_credential(command: Issue, thread: Thread, *, id: str, now: datetime) -> Message:
    """The credential itself; the acknowledgement that the protocol wants is asked for."""
    attached = Attachment(
        id="credential", format=CREDENTIAL_FORMAT, media_type="application/vc", json=command.credential
    )
    return _message("issue-credential", thread, id=id, now=now, body={}, attachments=(attached,), please_ack=("",))


def read_credential(message: Message) -> JsonObject:
    """The credential in an issue-credential message, unverified; raises TooLarge over 256 KiB."""
    return _bounded(attached_json(message, CREDENTIAL_FORMAT), "a credential", MAX_CREDENTIAL_BYTES)


def ack(issued: Message, thread: Thread, *, id: str, now: datetime) -> Message:
    return _message("ack", thread, id=id, now=now, body={"status": "OK"}, ack=(issued.id,))


def issuance_abandoned(thread: Thread, *, id: str, now: datetime) -> Message:
    """The problem report by which either side leaves the protocol."""
    return Message(
        id=id,
        type=PROBLEM_REPORT,
        sender=thread.ours,
        to=(thread.theirs,) if thread.theirs else (),
        pthid=thread.id,
        created_time=now,
        body={"code": "e.p.issuance-abandoned", "comment": "The issuance was abandoned."},
    )


def ends_protocol(report: Message) -> bool:
    """Whether a problem report gives the protocol up: it is neither a warning nor about one message only."""
    return not str(report.body.get("code")).startswith(("w.", "e.m."))


def _message(name: str, thread: Thread, *, id: str, now: datetime, body: JsonObject, **headers: Any) -> Message:
    return Message(
        id=id,
        thid=thread.id,
        type=f"{PIURI}/{name}",
        sender=thread.ours,
        to=(thread.theirs,) if thread.theirs else (),
        created_time=now,
        body=body,
        **headers,
    )


def _bounded(value: Any, what: str, max_bytes: int) -> JsonObject:
    if not isinstance(value, dict):
        raise MalformedMessage(f"{what} is missing", expected="a JSON object")
    size = len(canonical_json(value))
    if size > max_bytes:
        raise TooLarge(f"{what} is too large", found=f"{size} bytes", expected=f"at most {max_bytes}")
    return value  # pyright: ignore[reportUnknownVariableType]
