"""What reaches the terminal: other people's words as they are, and nothing that a terminal would obey."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from node.cli.output import show_facts, show_rows
from node.cli.plain import show_error
from node.errors import Rejected

HOSTILE = "Evil [/x] [red]College[/red] :smile: \x1b[2J\x1b]0;title\x07\u202e\x9b31m"
SHOWN = "Evil [/x] [red]College[/red] :smile: [2J]0;title31m"


def table(value: Any) -> None:
    show_rows([{"name": value}], ("name",), as_json=False)


def facts(value: Any) -> None:
    show_facts({"name": value})


@pytest.mark.parametrize("show", [table, facts], ids=["table", "facts"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (HOSTILE, SHOWN),
        ([HOSTILE, "b"], f"{SHOWN}, b"),
        ("two\nlines\tand a\u00a0space", "two lines and a space"),
        ("Ärztin 学位 Ñ", "Ärztin 学位 Ñ"),
        (None, "-"),
    ],
)
def test_names_are_shown_letter_by_letter_and_command_nothing(
    capsys: pytest.CaptureFixture[str], show: Callable[[Any], None], value: Any, shown: str
) -> None:
    show(value)
    lines = [line.removeprefix("name").strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line] == [shown]


def test_what_is_nested_is_shown_as_json_that_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts({"name": {"of": HOSTILE}})
    line = capsys.readouterr().out
    assert line.rstrip("\n").isprintable()
    assert json.loads(line.removeprefix("name")) == {"of": HOSTILE}


def test_json_for_programs_is_whole_and_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"name": HOSTILE}], ("name",), as_json=True)
    show_facts({"name": "学位", "of": HOSTILE}, as_json=True)
    text = capsys.readouterr().out
    assert all(line.isprintable() for line in text.splitlines())
    rows, _, rest = text.partition("]\n{")
    assert json.loads(rows + "]") == [{"name": HOSTILE}]
    assert json.loads("{" + rest) == {"name": "学位", "of": HOSTILE}
    assert "学位" in text


def test_an_error_is_one_line_that_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(Rejected("the network\nrefused \x1b[31mthis", found="HTTP 403", expected="another"))
    assert capsys.readouterr().err == "ler-node: the network refused [31mthis: found HTTP 403, expected another\n"
