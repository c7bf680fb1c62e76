"""Problem reports 2.0: telling a peer that its message led nowhere, and reading what it tells us.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#problem-reports
"""

import re
from dataclasses import dataclass

from protocols.didcomm.message import Message
from protocols.dids.shapes import as_list
from protocols.errors import EnvelopeError, MalformedMessage, ProtocolError

PIURI = "https://didcomm.org/report-problem/2.0"
PROBLEM_REPORT = f"{PIURI}/problem-report"
MAX_ERRORS = 8
"""Reports sent about one thread before it is given up."""
MAX_ERRORS_EXCEEDED = "e.p.req.max-errors-exceeded"

_CODE = re.compile(r"[ew]\.[a-z0-9-]{1,64}(?:\.[a-z0-9_-]{1,64}){0,8}\Z")
_MAX_TEXT = 512
_MAX_ARGS = 16

COMMENTS = {
    "e.p.msg": "The message cannot be processed: {1} Found: {2}. Expected: {3}.",
    "e.p.msg.malformed": "The message is malformed: {1} Found: {2}. Expected: {3}.",
    "e.p.msg.unsupported": "This is not supported here: {1} Found: {2}. Expected: {3}.",
    "e.p.msg.unexpected": "The message does not fit the state of its thread: {1} Found: {2}. Expected: {3}.",
    "e.p.me": "The fault is on this side.",
    "e.p.me.res.storage.message_too_big": "The message is over a limit: {1} Found: {2}. Expected: {3}.",
    "e.p.req.time": "The time for this is past, or not yet come: {1}",
    MAX_ERRORS_EXCEEDED: "Too many errors in this thread; it is given up.",
    "e.p.trust": "What was asked needs a trust that is not there: {1} Found: {2}. Expected: {3}.",
    "e.p.trust.crypto": "Cryptographic operation failed.",
    "e.p.did": "DID is unusable: {1} Found: {2}. Expected: {3}.",
}
"""One text a code, always the same, so that it can be translated; what varies stands in `args`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """What a peer reports. Its texts are its own: never shown as ours."""

    code: str
    about: str
    """The thread in which the problem came up (`pthid`)."""
    comment: str | None = None
    args: tuple[str, ...] = ()
    escalate_to: str | None = None

    @property
    def is_warning(self) -> bool:
        return self.code.startswith("w.")


def problem_report(error: ProtocolError, *, about: Message, id: str, ours: str, sent_before: int = 0) -> Message | None:
    """The report of `error` to the sender of `about`; None when there is nobody to tell, or nothing to say any more.

    A report is never made about a report: two peers must not answer one another for ever.

    Args:
        sent_before: how many reports this thread has had from us; the one after eight says that it is given up, and
            none follows.
    """
    if about.sender is None or sent_before > MAX_ERRORS or is_problem_report(about):
        return None
    code = error.code if sent_before < MAX_ERRORS else MAX_ERRORS_EXCEEDED
    comment = next((COMMENTS[known] for known in _prefixes(code) if known in COMMENTS), COMMENTS["e.p.msg"])
    takes_args = "{1}" in comment and not isinstance(error, EnvelopeError)
    args = [error.detail, error.found or "?", error.expected or "?"] if takes_args else []
    return Message(
        id=id,
        type=PROBLEM_REPORT,
        sender=ours,
        to=(about.sender,),
        pthid=about.thread_id,
        ack=(about.id,),
        body={"code": code, "comment": comment, **({"args": args} if args else {})},
    )


def is_problem_report(message: Message) -> bool:
    """Whether `message` reports a problem, by whichever protocol (several have a report of their own)."""
    return message.name == "problem-report"


def parse_problem(message: Message) -> ProblemReport:
    """The report in a message, its texts cut to 512 characters.

    Raises:
        MalformedMessage: no `pthid`, or a `code` that is none.
    """
    code, comment, escalate_to = (message.body.get(name) for name in ("code", "comment", "escalate_to"))
    if not isinstance(code, str) or not _CODE.match(code):
        raise MalformedMessage(
            "a problem report without code", found=str(code)[:64], expected="sorter.scope.descriptor"
        )
    if message.pthid is None:
        raise MalformedMessage("a problem report about nothing", expected="pthid, the thread it is about")
    args = as_list(message.body.get("args")) or []
    return ProblemReport(
        code=code,
        about=message.pthid,
        comment=comment[:_MAX_TEXT] if isinstance(comment, str) else None,
        args=tuple(str(arg)[:_MAX_TEXT] for arg in args[:_MAX_ARGS]),
        escalate_to=escalate_to[:_MAX_TEXT] if isinstance(escalate_to, str) else None,
    )


def _prefixes(code: str) -> list[str]:
    """`code` and, for a peer's sake, each more general one: e.p.did.unsupported, e.p.did."""
    parts = code.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 2, -1)]
