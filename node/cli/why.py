"""`ler-node why`: from a report's verdict to its first causes."""

from collections.abc import Iterable
from typing import Annotated

import typer

from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts
from node.cli.plain import printable
from node.cli.report import ANSWERS, VERDICTS, read_report
from protocols.verification.report import parse_report
from protocols.verification.why import Cause, why


def register(app: typer.Typer) -> None:
    app.command(name="why")(explain)


def explain(
    report: Annotated[str, typer.Argument(help="The id of a report of this node, or a file with its JSON.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Walk from a report's verdict through what decided it to the first causes, each with its reason and evidence."""
    found = why(parse_report(read_report(report, data)))
    if as_json:
        show_facts(found.to_json(), as_json=True)
        return
    print(f"{VERDICTS[found.verdict.value]}, as of {found.to_json()['checked_at']}")
    for line in _lines(found.because, ""):
        print(printable(line))


def _lines(causes: tuple[Cause, ...], indent: str) -> Iterable[str]:
    for index, cause in enumerate(causes):
        is_last = index == len(causes) - 1
        finding = cause.to_json()
        at = f" ({finding['at']})" if finding["at"] else ""
        head = f"{finding['number']} {finding['name']}: {ANSWERS[finding['outcome']]}"
        yield f"{indent}{'└─' if is_last else '├─'} {head}{at}"
        inner = f"{indent}{'   ' if is_last else '│  '}"
        yield f"{inner}{finding['reason']}"
        for name, value in finding["evidence"].items():
            if value not in ("", None, []):
                yield f"{inner}{name}: {value}"
        yield from _lines(cause.causes, inner)
