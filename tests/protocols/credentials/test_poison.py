"""Inputs that were made to cost much are refused before they do; `make bench` shows in how many milliseconds."""

import pytest

from protocols.errors import ProtocolError, TooLarge
from tests.support.poison import POISON, by_the_budget_alone


@pytest.mark.parametrize("name", POISON)
@pytest.mark.timeout(10)
def test_what_was_made_to_cost_much_is_refused(name: str) -> None:
    """Some of these took minutes, or did not end, without the limit that refuses them."""
    with pytest.raises(ProtocolError):
        POISON[name]()


@pytest.mark.timeout(10)
def test_the_poison_graph_is_ended_by_the_budget_of_work_where_no_count_stops_it() -> None:
    with pytest.raises(TooLarge, match="too many paths"):
        by_the_budget_alone()
