"""The inside of a worker process: reads jobs from its input, answers each on its output, ends when the input ends.

A worker is made to be killed: it holds nothing, and dies with the process that started it. It leaves by `os._exit`,
because some of what it imports does not survive the interpreter's own way out.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

from node.adapters.frames import encode, read_frame
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject

Handler = Callable[[JsonObject], JsonObject]

MAX_MEMORY_BYTES = 2 * 1024**3
_PR_SET_PDEATHSIG = 1


def serve(handlers: Mapping[str, Handler], *, open_jobs: Callable[[], None] | None = None) -> NoReturn:
    """Answers jobs by their kind until the input ends.

    Args:
        open_jobs: called once before the first job is taken; when it raises, the process ends with its reason.
    """
    jobs = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    _settle()
    try:
        if open_jobs is not None:
            open_jobs()
        ready: JsonObject = {"ready": True}
    except Exception as error:
        ready = {"ready": False, "reason": str(error)[:200]}
    answers.write(encode(ready))
    answers.flush()
    while ready["ready"] and (job := read_frame(jobs)) is not None:
        answers.write(encode(_answer(handlers, job)))
        answers.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _answer(handlers: Mapping[str, Handler], job: JsonObject) -> JsonObject:
    try:
        return {"value": handlers[job["kind"]](job["payload"])}
    except ProtocolError as error:
        return {"error": error.detail}
    except Exception as error:  # a library's own; its text may quote the document
        return {"error": f"the engine failed ({type(error).__name__})"}


def _settle() -> None:
    """Limits on what this process may take, and no signals but the one that kills it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(0)
