"""Ids, and the trunk of errors."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from itertools import pairwise

import pytest

from node.clock import SystemClock, entropy, jitter, new_id
from node.errors import Full, NodeError, NotFound, RateLimited, SchemaOutOfDate, Unreachable
from node.storage.repos.backoff import backoff


def test_ids_ascend_differ_and_cannot_be_counted_up() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {len(id) for id in ids} == {32}
    assert min(int(b, 16) - int(a, 16) for a, b in pairwise(ids)) > 1 << 32


def test_the_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_entropy_and_jitter_have_the_size_they_say() -> None:
    assert len(entropy(33)) == 33
    assert entropy(16) != entropy(16)
    assert all(0 <= jitter() < 1 for _ in range(1000))


def test_a_back_off_is_spread_by_a_tenth_either_way() -> None:
    spread = [backoff(2, jitter) for jitter in (0.0, 0.5, 1.0)]
    assert spread == [timedelta(seconds=27), timedelta(seconds=30), timedelta(seconds=33)]


def children(error: type[NodeError]) -> Iterator[type[NodeError]]:
    for child in error.__subclasses__():
        yield child
        yield from children(child)


def test_every_error_has_a_status_that_fits_whether_trying_again_helps() -> None:
    for error in children(NodeError):
        assert 400 <= error.status < 600, error
        if error.status in (429, 503, 504, 507) and error is not SchemaOutOfDate:
            assert error.retryable, error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotFound("no such request", found="r1", expected="an id from the list"), (False, 404)),
        (RateLimited("too many", retry_after_s=7), (True, 429)),
        (Unreachable("no answer"), (True, 504)),
        (Full("no space"), (True, 507)),
    ],
)
def test_an_error_carries_what_was_found_and_expected(error: NodeError, expected: tuple[bool, int]) -> None:
    assert (error.retryable, error.status) == expected
    assert str(error) == error.detail
