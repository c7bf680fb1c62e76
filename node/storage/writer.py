"""The one thread that writes to SQLite: it takes all bodies that have gathered, and commits them together."""

import contextlib
import queue
import threading
from collections.abc import Callable
from time import perf_counter

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from node.storage.batch import (
    MOST_BODIES,
    Dialect,
    Outcome,
    Submitted,
    TransactionLost,
    all_failed,
    names_of,
    perform,
)
from node.storage.unit import CommitPoints


class Writer:
    """Group commit. `tell` is called on this thread with what became of a batch, after its commit is durable."""

    def __init__(
        self,
        engine: Engine,
        dialect: Dialect,
        points: CommitPoints,
        tell: Callable[[list[Submitted], list[Outcome]], None],
    ) -> None:
        self._engine = engine
        self._dialect = dialect
        self._points = points
        self._tell = tell
        self._submitted: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="storage-write", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, submitted: Submitted) -> None:
        """Puts a body in the queue; from any thread."""
        self._submitted.put(submitted)

    def stop(self) -> None:
        """Returns when everything that was submitted before is committed."""
        self._submitted.put(None)
        self._thread.join()

    def _write(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._gather()
            if batch:
                self._commit(batch)

    def _gather(self) -> tuple[list[Submitted], bool]:
        """At least one body, or the end; and what else has gathered by now. Whoever stopped waiting is left out."""
        taken = [self._submitted.get()]
        with contextlib.suppress(queue.Empty):
            while len(taken) < MOST_BODIES and taken[-1] is not None:
                taken.append(self._submitted.get_nowait())
        bodies = [submitted for submitted in taken if submitted is not None]
        return [submitted for submitted in bodies if not submitted.answer.cancelled()], taken[-1] is None

    def _commit(self, batch: list[Submitted]) -> None:
        try:
            outcomes = self._transact(batch)
        except TransactionLost as lost:
            if len(batch) > 1:  # perhaps one of them asked for too much: each for itself
                for submitted in batch:
                    self._commit([submitted])
                return
            outcomes = all_failed(batch, self._dialect.translate(lost.cause))
        except DBAPIError as error:  # it could not even begin
            outcomes = all_failed(batch, self._dialect.translate(error))
        except Exception as error:
            outcomes = all_failed(batch, error)
        self._tell(batch, outcomes)

    def _transact(self, batch: list[Submitted]) -> list[Outcome]:
        begun_at = perf_counter()
        with self._engine.connect() as connection:
            transaction = connection.begin()
            outcomes = perform(connection, batch, self._dialect)
            self._points.before(names_of(batch))
            try:
                transaction.commit()
            except DBAPIError as error:
                raise TransactionLost(error) from error
        self._points.after(names_of(batch), perf_counter() - begun_at)
        return outcomes
