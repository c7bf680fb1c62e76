"""report-problem 2.0: problem reports, as they are sent and as far as they are believed.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#problem-reports
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Message
from protocols.didcomm.problem import PIURI, PROBLEM_REPORT
from protocols.flow import Command, Effect

__all__ = ["PIURI", "ProblemReceived", "Report", "problem_report", "read_comment"]

MAX_COMMENT_CHARS = 500
MAX_ARGS = 10
_ARGUMENT = re.compile(r"\{(\d{1,2})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Command):
    """We tell `theirs` what went wrong in a thread. `comment` is static for its `code`; `args` fill {1}, {2}, …"""

    ours: str
    theirs: str
    about_thread: str
    code: str
    comment: str = ""
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReceived(Effect):
    """`sender` reports a problem in a thread that may or may not be one with them: whoever performs this looks.

    `report` is the message itself. A flow that can end by a problem report takes it as a received message of the
    thread it names, and checks the sender against that thread.
    """

    code: str
    comment: str
    about_thread: str
    sender: str
    ours: str
    report: Message

    @property
    def ends_protocol(self) -> bool:
        """Whether the peer has given the protocol up: an error (not a warning) whose scope is the protocol."""
        return self.code.startswith("e.p.")


def problem_report(command: Report, *, id: str, now: datetime) -> Message:
    body: dict[str, Any] = {"code": command.code}
    if command.comment:
        body["comment"] = command.comment
    if command.args:
        body["args"] = list(command.args)
    return Message(
        id=id,
        type=PROBLEM_REPORT,
        sender=command.ours,
        to=(command.theirs,),
        pthid=command.about_thread,
        created_time=now,
        body=body,
    )


def read_comment(message: Message) -> str:
    """The comment with its arguments filled in, at most 500 printable characters; a missing argument reads `?`."""
    comment, given = message.body.get("comment"), message.body.get("args")
    if not isinstance(comment, str):
        return ""
    args: list[Any] = given[:MAX_ARGS] if isinstance(given, list) else []  # pyright: ignore[reportUnknownVariableType]
    texts = ["?" if arg is None else str(arg)[:MAX_COMMENT_CHARS] for arg in args]
    used = {int(number) for number in _ARGUMENT.findall(comment[:MAX_COMMENT_CHARS])}
    text = _ARGUMENT.sub(lambda found: _nth(texts, int(found[1])), comment[:MAX_COMMENT_CHARS])
    extra = [item for number, item in enumerate(texts, start=1) if number not in used]
    whole = ", ".join([text, *extra])
    return "".join(character for character in whole if character.isprintable())[:MAX_COMMENT_CHARS]


def _nth(texts: list[str], number: int) -> str:
    return texts[number - 1] if 0 < number <= len(texts) else "?"
