"""Nothing of what must not be believed is believed, and each is refused for its own reason (threats C1, C2, C7)."""

import pickle

import pytest

from tests.support.negative_envelopes import NEGATIVES, Negative


@pytest.mark.parametrize("negative", NEGATIVES, ids=lambda negative: negative.name)
def test_an_envelope_that_must_not_be_believed_is_refused_for_its_reason(negative: Negative) -> None:
    assert negative.answer() == (negative.outcome, negative.reason)


def test_there_are_enough_and_their_names_differ() -> None:
    names = [negative.name for negative in NEGATIVES]
    assert len(names) == len(set(names)) >= 70


def test_what_was_found_travels_between_processes() -> None:
    found = [negative.open() for negative in NEGATIVES]
    assert pickle.loads(pickle.dumps(found)) == found
