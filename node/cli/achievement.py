"""`ler-node achievement`: what the institution awards, and the skills that each award evidences."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.inputs import read_table, uri_and_name
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from protocols.jose.encoding import JsonObject


def register(app: typer.Typer) -> None:
    achievement = typer.Typer(help="What the institution awards.", no_args_is_help=True)
    achievement.command()(put)
    achievement.command("list")(list_achievements)
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
    published: JsonObject = client_of(data).put(f"/achievements/{slug}", body)["achievement"]
    if as_json:
        show_facts(published, as_json=True)
    else:
        show_facts(_summary(published))


def list_achievements(data: DataOption, as_json: JsonOption = False) -> None:
    """Every published achievement."""
    found = client_of(data).list("/achievements")
    show_rows(found if as_json else [_summary(item) for item in found], ("id", "name", "skills"), as_json=as_json)


def _alignment(text: str) -> JsonObject:
    uri, name = uri_and_name(text)
    if name is None:
        raise typer.BadParameter(f"found {text[:100]!r}, expected URI=NAME: people read the name")
    return {"targetUrl": uri, "targetName": name}


def _summary(achievement: JsonObject) -> JsonObject:
    skills = [f"{item['targetName']} <{item['targetUrl']}>" for item in achievement.get("alignment", [])]
    return {"id": achievement["id"], "name": achievement["name"], "skills": skills or None}
