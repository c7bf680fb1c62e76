"""RFC 8785 form by the quick way and by the library are the same bytes, and depth is told exactly."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import MalformedMessage, TooLarge
from protocols.jose.encoding import canonical_json, parse_json

TEXTS = st.text() | st.sampled_from(["", '\x00\x1f\x7f"\\/\b\f\n\r\t', "\u2028", "é", "€", "\U0001f600", "\ufb33"])
NUMBERS = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, -0.0, 3.0, 1e21, 1e20, 1e-7, 1e-6, 123456789012345680.0, 5e-324, 0.1])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


@settings(max_examples=1_500, deadline=None, derandomize=True)
@given(VALUES)
def test_the_quick_way_and_the_library_write_the_same(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_the_published_examples_get_their_bytes(shared_dir: Path) -> None:
    folder = shared_dir / "vectors" / "jcs"
    pairs = [(path, path.parents[1] / "output" / path.name) for path in sorted(folder.rglob("input/*.json"))]
    assert len(pairs) >= 5
    for given_, expected in pairs:
        assert canonical_json(json.loads(given_.read_text("utf-8"))) == expected.read_bytes(), given_.name


@pytest.mark.parametrize(
    "value",
    [{1: "x"}, {"x": {None: 1}}, float("nan"), [float("inf")], 2**53, "\ud800", {"\ud800": 1}, datetime.now(UTC), b"x"],
)
def test_what_has_no_such_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedMessage):
        canonical_json(value)


def test_depth_is_counted_by_nesting_and_not_by_brackets() -> None:
    assert parse_json('[{"a":[' + ",".join(["[]"] * 500) + '],"b":"[[[[{{{{"}]', max_depth=4)
    for text in ('[{"a":[[1]]}]', "[[[]],[[[1]]]]", '["\\"[",[[[1]]]]'):
        assert parse_json(text, max_depth=4) == json.loads(text)
        with pytest.raises(TooLarge, match="nested too deeply"):
            parse_json(text, max_depth=3)


@pytest.mark.parametrize("text", ["[}", "]]]]", "}{", '{"a":[}]', '"[[[[', "[" * 3, "{[" * 2])
def test_brackets_that_do_not_pair_are_not_json(text: str) -> None:
    with pytest.raises(MalformedMessage, match="not JSON"):
        parse_json(text, max_depth=4)


def test_what_never_closes_is_too_deep_before_it_is_read() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, "[{" * 50_000 + "]"):
        with pytest.raises(TooLarge, match="nested too deeply"):
            parse_json(text)
