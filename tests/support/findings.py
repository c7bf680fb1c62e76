"""Reading a verification report as a person does: line by line."""

from collections.abc import Mapping
from typing import Any


def lines(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every line of a report: of the badge, and of the consent that carried it."""
    return [*report["checks"], *(report["consent"]["checks"] if report["consent"] else [])]


def one(report: Mapping[str, Any], number: int, name: str) -> dict[str, Any]:
    """The one line with this number and name."""
    found = [line for line in lines(report) if (line["number"], line["name"]) == (number, name)]
    assert len(found) == 1, (
        f"{len(found)} lines {number} {name!r} in {[(x['number'], x['name']) for x in lines(report)]}"
    )
    return found[0]


def faults(report: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """(number, name, outcome) of every line that does not say yes, in order."""
    wanted = ("no", "could_not_tell")
    return [(x["number"], x["name"], x["outcome"]) for x in lines(report) if x["outcome"] in wanted]
