"""The documents name only what there is: links, commands and their options, make targets, settings, metrics, errors."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from node.cli import create_cli
from node.http.problem import KINDS
from node.metrics import Metrics
from node.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS_PAGE = ROOT / "docs" / "operate" / "settings.md"
HTTP_ITSELF = {"method-not-allowed"}
"""Problem types that aiohttp's own refusals have."""

in_each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def code_in(text: str) -> Iterator[str]:
    """Code blocks and `spans`, continued lines joined."""
    fenced = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for block in fenced.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", fenced.sub("", text))


@cache
def command() -> Any:
    return typer.main.get_command(create_cli())


@cache
def anchors(path: Path) -> set[str]:
    """The ids that headings get."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def settings() -> dict[str, Any]:
    """Every setting by its dotted name, with its default."""

    def leaves(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
        for name, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True)
            if isinstance(default, BaseModel):
                yield from leaves(type(default), f"{prefix}{name}.")
            elif prefix + name != "data_dir":
                yield prefix + name, default

    return dict(leaves(Settings, ""))


def column(header: str, path: Path) -> Iterator[str]:
    """The cells under `header`, in every table of a document that has it."""
    headers: list[str] = []
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        headers = (headers or cells) if cells else []
        if cells is not headers:
            yield from (cell for name, cell in zip(headers, cells, strict=True) if name == header)


def fault_of(line: str) -> str | None:
    """Why the `ler-node` command in a line cannot be typed; None where it can, or where there is none."""
    typed = re.search(r"\bler-node ([^|;)&>]*)", line.split("  #")[0])
    if typed is None:
        return None
    words, here = typed[1].split(), command()
    while words and hasattr(here, "commands") and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        if words[0] not in here.commands:
            return f"no command {words[0]} under {here.name}"
        here = here.commands[words.pop(0)]
    known = {option for parameter in here.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"no option {unknown[0]} of {here.name}" if unknown else None


@in_each_document
def test_every_relative_link_leads_to_a_file_and_a_heading_of_it(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", path.read_text()):
        name, _, heading = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (heading and heading not in anchors(found)):
            broken.append(target)

    assert broken == []


@in_each_document
def test_every_command_that_is_shown_can_be_typed(path: Path) -> None:
    assert [(line, fault) for line in code_in(path.read_text()) if (fault := fault_of(line))] == []


def test_a_command_that_is_not_there_shows() -> None:
    assert fault_of("ler-node serve --data DIR") is None
    assert fault_of("ler-node network vanish DID") == "no command vanish under network"
    assert fault_of("x=$(ler-node request create --colour red)") == "no option --colour of create"


@in_each_document
def test_every_make_target_that_is_shown_is_in_the_makefile(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found[1] for line in code_in(path.read_text()) if (found := re.match(r"make ([a-z]+)", line.strip()))}

    assert named - targets == set()


@in_each_document
def test_every_file_of_this_repository_that_is_named_is_there(path: Path) -> None:
    folders = "benchmarks|deploy|docs|node|protocols|tests"
    named = {
        name for line in code_in(path.read_text()) for name in re.findall(rf"(?<![\w./$-])(?:{folders})/[\w./-]+", line)
    }
    built = ("node/web/static",)

    assert [name for name in sorted(named) if not (ROOT / name).exists() and not name.startswith(built)] == []


def test_every_setting_has_its_line_and_every_name_on_the_page_is_one() -> None:
    named = {name for cell in column("setting", SETTINGS_PAGE) for name in re.findall(r"`([a-z_.]+)`", cell)}

    assert named == set(settings())


def test_the_limits_have_the_values_of_the_page() -> None:
    text = SETTINGS_PAGE.read_text()
    limits = {name: value for name, value in settings().items() if name.startswith("limits.")}

    assert [name for name, value in limits.items() if f"| `{name}` | {value:,.0f} |" not in text] == []


@in_each_document
def test_no_setting_is_named_that_there_is_not(path: Path) -> None:
    tables = "|".join(sorted({name.partition(".")[0] for name in settings() if "." in name}))
    named = {name for line in code_in(path.read_text()) for name in re.findall(rf"^((?:{tables})\.[a-z_]+)$", line)}

    assert {name for name in named if not name.endswith(".py")} - set(settings()) == set()


def test_every_metric_has_its_line_and_every_name_on_the_page_is_one() -> None:
    text = (ROOT / "docs" / "operate" / "monitoring.md").read_text()
    families = [family for family in Metrics().registry.collect() if family.name.startswith("ler_")]
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}

    assert set(re.findall(r"\b(ler_\w+)", text)) == names


def test_every_kind_of_problem_has_its_line_and_no_other() -> None:
    cells = column("`type`", ROOT / "docs" / "reference" / "errors.md")
    named = {slug for cell in cells for slug in re.findall(r"`([a-z-]+)`", cell)}

    assert named == {kind.slug for kind in KINDS.values()} | HTTP_ITSELF


def test_every_decision_is_short_complete_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(page for page in folder.glob("*.md") if page.name != "README.md")
    listed = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text())

    assert listed == [page.name for page in pages]
    for page in pages:
        lines = page.read_text().splitlines()
        headings = [line for line in lines if line.startswith("## ")]
        assert (headings, len(lines) <= 30) == (["## Context", "## Decision", "## Consequences"], True), page.name
