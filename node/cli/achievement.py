"""`ler-node achievement`: what the institution awards, and the skills that each award evidences."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.inputs import read_table, uri_and_name
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from node.cli.plain import printable
from protocols.jose.encoding import JsonObject


def register(app: typer.Typer) -> None:
    achievement = typer.Typer(help="What the institution awards.", no_args_is_help=True)
    achievement.command()(put)
    achievement.command("list")(list_achievements)
    achievement.command()(lint)
    app.add_typer(achievement, name="achievement")


def put(
    slug: Annotated[str, typer.Argument(help="Its name in URLs: lower-case letters, digits, hyphens.")],
    data: DataOption,
    file: Annotated[
        Path | None, typer.Option(help="JSON or TOML: name, description, criteria, achievementType, alignments.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    description: Annotated[str | None, typer.Option(help="What it stands for.")] = None,
    criteria: Annotated[str | None, typer.Option(help="What a person did to earn it.")] = None,
    achievement_type: Annotated[str | None, typer.Option("--type", help="As in Open Badges: Badge, Course …")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="URI=NAME of a skill it evidences; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an achievement, or replace what stands under SLUG. What options say wins over the file."""
    given = {"name": name, "description": description, "criteria": criteria, "achievementType": achievement_type}
    body: JsonObject = read_table(file) if file else {}
    body |= {member: value for member, value in given.items() if value is not None}
    if skill:
        body["alignments"] = [*body.get("alignments", []), *(_alignment(text) for text in skill)]
    answer = client_of(data).put(f"/achievements/{slug}", body)
    published: JsonObject = answer["achievement"]
    for finding in answer["lint"]["findings"]:
        print(f"warning: {printable(finding['message'])}", file=sys.stderr)
    if as_json:
        show_facts(published, as_json=True)
    else:
        show_facts(_summary(published))


def list_achievements(data: DataOption, as_json: JsonOption = False) -> None:
    """Every published achievement."""
    found = client_of(data).list("/achievements")
    show_rows(found if as_json else [_summary(item) for item in found], ("id", "name", "skills"), as_json=as_json)


def lint(
    data: DataOption,
    slug: Annotated[str | None, typer.Argument(help="One achievement; all where it is left out.")] = None,
    online: Annotated[bool, typer.Option(help="Look at the addresses of skills too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """How much each published achievement tells a program, 0 to 100, and what is missing."""
    found = client_of(data).get("/achievement-lint", {"online": str(online).lower()})["items"]
    chosen = [item for item in found if slug is None or item["id"].rpartition("/")[2] == slug]
    if slug is not None and not chosen:
        raise typer.BadParameter(f"no achievement {slug[:100]!r}; expected one of `ler-node achievement list`")
    rows = [{**item, "missing": [each["rule"] for each in item["findings"]] or None} for item in chosen]
    show_rows(chosen if as_json else rows, ("name", "score", "missing"), as_json=as_json)


def _alignment(text: str) -> JsonObject:
    uri, name = uri_and_name(text)
    if name is None:
        raise typer.BadParameter(f"found {text[:100]!r}, expected URI=NAME: people read the name")
    return {"targetUrl": uri, "targetName": name}


def _summary(achievement: JsonObject) -> JsonObject:
    skills = [f"{item['targetName']} <{item['targetUrl']}>" for item in achievement.get("alignment", [])]
    return {"id": achievement["id"], "name": achievement["name"], "skills": skills or None}
