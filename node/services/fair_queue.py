"""Whose turn it is, when many URLs of many hosts are to be fetched: no host holds up another."""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator

AT_ONCE = 64
AT_ONCE_PER_HOST = 4


class FairQueue:
    """URLs that wait for their turn: a few of each host at once, the hosts in turn."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[str]] = OrderedDict()
        self._under_way: Counter[str] = Counter()
        self._known: set[str] = set()

    @property
    def is_empty(self) -> bool:
        return not self._known

    def add(self, urls: Iterable[str]) -> None:
        for url in urls:
            if url not in self._known:
                self._known.add(url)
                self._waiting.setdefault(host_of(url), deque()).append(url)

    def take(self) -> Iterator[str]:
        """The next ones, as many as may be under way."""
        for host in [host for host in self._waiting if self._under_way[host] < AT_ONCE_PER_HOST]:
            if self._under_way.total() >= AT_ONCE:
                return
            waiting = self._waiting[host]
            while waiting and self._under_way[host] < AT_ONCE_PER_HOST:
                self._under_way[host] += 1
                yield waiting.popleft()
            del self._waiting[host]
            if waiting:
                self._waiting[host] = waiting  # behind the others now

    def done(self, url: str) -> None:
        self._under_way[host_of(url)] -= 1
        self._known.discard(url)

    def forget(self) -> None:
        """Nothing waits any more; what is under way ends by itself."""
        for waiting in self._waiting.values():
            self._known.difference_update(waiting)
        self._waiting.clear()


def host_of(url: str) -> str:
    """The host and port in a URL as it is written; it need not be one that can be fetched."""
    return url.partition("//")[2].partition("/")[0]
