"""`ler-node network directory`: who is in the network, and who of them fits what is looked for."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_rows

COLUMNS = ("name", "state", "since", "place", "did", "roles")


def directory(
    data: DataOption,
    name: Annotated[str | None, typer.Option(help="Beginnings of words of a name; accents do not matter.")] = None,
    place: Annotated[str | None, typer.Option(help="Words of a country, region or town.")] = None,
    skill: Annotated[str | None, typer.Option(help="A skill's URI or code, a framework's URI, or words.")] = None,
    credential_type: Annotated[str | None, typer.Option("--type", help="Credential type.")] = None,
    mark: Annotated[str | None, typer.Option(help="Type of a trust mark.")] = None,
    role: Annotated[str | None, typer.Option(help="issuer, verifier or relay.")] = None,
    state: Annotated[str | None, typer.Option(help="State now: member, suspended, left …")] = None,
    as_json: JsonOption = False,
) -> None:
    """Everybody in this node's network, as it synced them; or those who fit all that is given."""
    given = {
        "q": name,
        "place": place,
        "skill": skill,
        "type": credential_type,
        "mark": mark,
        "role": role,
        "state": state,
    }
    query = {name: value for name, value in given.items() if value is not None}
    found = client_of(data).list("/directory", {**query, "limit": "200"}, position="cursor")
    show_rows(found, COLUMNS, as_json=as_json)
