"""Structured logs: one line an event on stderr, ids as fields, nothing personal.

A log is read by more people than a database and kept longer than a purpose lasts. So three things never get into it,
whoever logs: fields with the names of personal or secret things, the DIDs of people (they become marks that stay the
same for one run, so that lines can be put together), and the messages of exceptions that are not our own.
"""

import hashlib
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, Protocol, TextIO, cast

import structlog

from node.clock import entropy
from node.errors import NodeError
from protocols.errors import ProtocolError

Format = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]

REDACTED = "[redacted]"
PERSONAL = frozenset(
    """
    address answer api_token attachments authorization birthdate body claims content cookie credential d email
    envelope family_name given_name id_token invitation jwk learner_name message name one_time_code password
    payload phone plaintext presentation private_key proof reason_text reference secret sealed secrets
    signature subject text token
    """.split()  # noqa: SIM905
)
"""Field names that are refused at any depth. What has an id is logged by its id."""
MAX_VALUE_CHARS = 500
MAX_DEPTH = 4
MAX_FRAMES = 6

_EMAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,255}\.[A-Za-z]{2,}")
_PERSON_DID = re.compile(r"did:(?:peer|key|jwk|pkh):[A-Za-z0-9._:%~-]+")


class Log(Protocol):
    """What rooms of the node log to: an event in a few words, lower-case verb first or last, and ids as fields."""

    def debug(self, event: str, /, **fields: Any) -> None: ...
    def info(self, event: str, /, **fields: Any) -> None: ...
    def warning(self, event: str, /, **fields: Any) -> None: ...
    def error(self, event: str, /, **fields: Any) -> None:
        """`exc_info=True` or an exception adds its type and where it was raised, not what it says."""
        ...


def create_log(level: Level = "info", format: Format = "auto", stream: TextIO | None = None) -> Log:
    """A log of its own (nothing global) that writes to `stream`, stderr where none is given.

    Args:
        format: "auto" is for people on a terminal and JSON everywhere else.
    """
    out = stream or sys.stderr
    people = format == "console" or (format == "auto" and out.isatty())
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
        Redaction(entropy(16)),
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if people
        else structlog.processors.JSONRenderer(sort_keys=False),
    ]
    return cast(
        Log,
        structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=processors,
            wrapper_class=structlog.make_filtering_bound_logger(level),
            cache_logger_on_first_use=True,
        ),
    )


def capture_libraries(log: Log) -> None:
    """Warnings and worse that libraries write through `logging` become lines of `log`, without their text.

    Their texts may quote what a stranger sent; which logger spoke, from where, and what it raised is what helps.
    """
    root = logging.getLogger()
    root.handlers = [_Forward(log)]
    root.setLevel(logging.WARNING)


class _Forward(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        error = record.exc_info[1] if record.exc_info else None
        write("library spoke", logger=record.name, at=f"{record.module}:{record.lineno}", exc_info=error)


def describe_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces `exc_info` by the exception's type, where it came from, and its detail where it is one of ours."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = cast(Any, error)[1]
    if not isinstance(error, BaseException):
        return event
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    event["error"] = type(error).__name__
    event["raised_at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    if isinstance(error, NodeError | ProtocolError):
        event["detail"] = error.detail
    return event


class Redaction:
    """The last word before a line is written.

    Args:
        salt: unpredictable; with it the marks of two runs cannot be put together.
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
        return {name: self._field(name, value, 0) for name, value in {**first, **event}.items()}

    def _field(self, name: object, value: Any, depth: int) -> Any:
        return REDACTED if str(name).lower() in PERSONAL else self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping() if depth < MAX_DEPTH:
                items = cast(Mapping[Any, Any], value).items()
                return {self._text(str(name)): self._field(name, item, depth + 1) for name, item in items}
            case list() | tuple() | set() | frozenset() if depth < MAX_DEPTH:
                return [self._value(item, depth + 1) for item in cast(list[Any], value)]
            case bytes() | bytearray() | memoryview():
                return f"[{len(cast(bytes, value))} bytes]"
            case _:
                return self._text(str(value))

    def _text(self, text: str) -> str:
        text = _EMAIL.sub(REDACTED, _PERSON_DID.sub(self._mark, text[: 4 * MAX_VALUE_CHARS]))
        return text if len(text) <= MAX_VALUE_CHARS else text[: MAX_VALUE_CHARS - 1] + "…"

    def _mark(self, did: re.Match[str]) -> str:
        method = did[0].split(":", 2)[1]
        return f"did:{method}~{hashlib.sha256(self._salt + did[0].encode()).hexdigest()[:10]}"
