"""DID documents, from the DID itself, from what this node learned, or from the web; with a bounded memory.

A did:web document is kept for five minutes at most, or as long as its origin says where that is shorter: a key that
was removed is refused after that. Who needs a key that is not there may ask for a fresh look once in a while. The
history of a did:webvh is kept likewise, and no longer than its log says (`ttl`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from node.adapters.fetch import Fetched, Fetcher
from node.adapters.webvh_reading import HistoryReader
from node.clock import Clock
from node.errors import NodeError, PayloadTooLarge, Rejected
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.dids.parse import parse_document
from protocols.dids.web import document_url
from protocols.dids.webvh import History, LogRefused, Wanted
from protocols.errors import DidError, ProtocolError
from protocols.jose.encoding import parse_object

Known = Callable[[str], Awaitable[DidDocument | None]]
"""What this node learned about a DID that cannot be resolved from itself: the long form of a did:peer:4."""

ACCEPT = "application/did+json, application/did+ld+json, application/did, application/ld+json, application/json"
KEPT_S = 300.0
KEPT_AT_LEAST_S = 30.0
FAILURE_KEPT_S = 30.0
SILENCE_KEPT_S = 2.0
REFRESH_EVERY_S = 5.0
MAX_KEPT = 1024
_WEBVH = "did:webvh:"


_Answer = DidDocument | History | ProtocolError | NodeError


@dataclass(slots=True)
class _Kept:
    """The last answer for one did:web or did:webvh: a document or a history, or why there is none."""

    answer: _Answer
    fetched_at: float
    until: float
    etag: str | None = None


class Resolver:
    """Resolves DIDs of the methods that `protocols.dids.methods` names. Safe to share."""

    def __init__(
        self, fetcher: Fetcher, clock: Clock, *, known: Known, max_bytes: int = 1024 * 1024, max_kept: int = MAX_KEPT
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._known = known
        self._max_bytes = max_bytes
        self._max_kept = max_kept
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._own: dict[str, Callable[[], DidDocument]] = {}
        self._histories = HistoryReader(fetcher, clock, max_bytes=max_bytes)

    def own(self, did: str, document: Callable[[], DidDocument]) -> None:
        """A DID of this node: `document` says what it is now, so that nobody has to be called for it."""
        self._own[did] = document

    async def resolve(self, did: str) -> DidDocument:
        """The document of `did` as it is now.

        Raises:
            DidError: not a DID, of an unsupported method, unknown, or whose document is not valid.
            LogRefused: a did:webvh whose log is not believed, or that was deactivated.
            Unreachable, AddressForbidden: the host of a did:web did not answer, or is none that is called from here.
        """
        if did in self._own:
            return self._own[did]()
        document = resolve_offline(did)
        if document is not None:
            return document
        if not _is_fetched(did):
            return await self._learned(did)
        answer = await self._answer(did)
        return answer.document() if isinstance(answer, History) else answer

    async def as_of(self, did: str, at: datetime) -> DidDocument:
        """The document of `did` as it was at `at`, by proof: of a did:webvh, or of a DID that is its own document.

        Raises:
            NoSuchVersion: there was none yet.
            DidError: a did:web, whose past nobody can prove; or as `resolve` does.
        """
        document = resolve_offline(did)
        return document if document is not None else (await self.history(did)).document(Wanted(at=at))

    async def history(self, did: str) -> History:
        """Every version of a did:webvh.

        Raises:
            DidError: a DID without a history, or as `resolve` does.
        """
        answer = await self._answer(did) if did.startswith(_WEBVH) else None
        if not isinstance(answer, History):
            raise DidError("a DID without a history", found=did[:32], expected="a did:webvh")
        return answer

    async def refresh(self, did: str) -> DidDocument:
        """As `resolve`, after a fresh look at a did:web whose last one is more than 5 s old.

        For a key id that its document does not have: it may have been rotated. Raises as `resolve` does.
        """
        kept = self._kept.get(did)
        now = self._clock.monotonic()
        if kept is not None and now >= kept.fetched_at + REFRESH_EVERY_S:
            kept.until = now
        return await self.resolve(did)

    async def _answer(self, did: str) -> DidDocument | History:
        kept = self._kept.get(did)
        if kept is None or self._clock.monotonic() >= kept.until:
            kept = await self._fetched(did, older_than=self._clock.monotonic())
        else:
            self._kept.move_to_end(did)
        if isinstance(kept.answer, Exception):
            raise kept.answer.with_traceback(None)
        return kept.answer

    async def _learned(self, did: str) -> DidDocument:
        document = await self._known(did)
        if document is None:
            raise DidError("a DID that is not known here", found=did[:32], expected="its long form first")
        return document

    async def _fetched(self, did: str, *, older_than: float) -> _Kept:
        """Fetches once for however many wait for the same DID."""
        lock = self._locks.setdefault(did, asyncio.Lock())
        async with lock:
            kept = self._kept.get(did)
            if kept is None or kept.fetched_at < older_than:
                kept = await self._look(did, kept)
                self._kept[did] = kept
            self._kept.move_to_end(did)
            while len(self._kept) > self._max_kept:
                self._kept.popitem(last=False)
            return kept

    async def _look(self, did: str, before: _Kept | None) -> _Kept:
        try:
            return await (self._look_at_log(did, before) if did.startswith(_WEBVH) else self._look_at(did, before))
        except LogRefused as error:  # not kept for long: its owner may be mending it
            return self._failed(error, SILENCE_KEPT_S)
        except (Rejected, PayloadTooLarge, ProtocolError) as error:
            return self._failed(_as_did_error(error), FAILURE_KEPT_S)
        except NodeError as error:
            return self._failed(error, SILENCE_KEPT_S)

    async def _look_at(self, did: str, before: _Kept | None) -> _Kept:
        etag = before.etag if before is not None and isinstance(before.answer, DidDocument) else None
        fetched = await self._fetcher.get(document_url(did), max_bytes=self._max_bytes, accept=ACCEPT, etag=etag)
        if fetched.status == 304 and before is not None:
            return self._keep(before.answer, fetched, KEPT_S)
        return self._keep(parse_document(parse_object(fetched.body, max_bytes=self._max_bytes), did), fetched, KEPT_S)

    async def _look_at_log(self, did: str, before: _Kept | None) -> _Kept:
        known = before.answer if before is not None and isinstance(before.answer, History) else None
        history, fetched = await self._histories.read(did, known, before.etag if before is not None else None)
        # one that breaks off is not kept for long either
        most_s = SILENCE_KEPT_S if history.fault is not None else history.versions[-1].parameters.ttl_s
        return self._keep(history, fetched, min(KEPT_S, most_s))

    def _keep(
        self, answer: DidDocument | History | ProtocolError | NodeError, fetched: Fetched, most_s: float
    ) -> _Kept:
        now = self._clock.monotonic()
        said_s = KEPT_S if fetched.max_age_s is None else float(fetched.max_age_s)
        return _Kept(answer, now, now + min(most_s, max(KEPT_AT_LEAST_S, said_s)), fetched.etag)

    def _failed(self, error: ProtocolError | NodeError, kept_s: float) -> _Kept:
        now = self._clock.monotonic()
        return _Kept(error, now, now + kept_s)


def _is_fetched(did: str) -> bool:
    return did.startswith(("did:web:", _WEBVH))


def _as_did_error(error: ProtocolError | NodeError) -> DidError:
    if isinstance(error, DidError):
        return error
    return DidError(f"the DID document cannot be used: {error.detail}", found=error.found, expected=error.expected)
