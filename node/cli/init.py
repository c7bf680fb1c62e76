"""`ler-node init`: a node from nothing: settings, master key, database, identity, a first API token."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.master_key import create_master_key
from node.cli.offline import identity_of, opened_storage
from node.cli.options import DataOption
from node.cli.tls import serving_context
from node.clock import SystemClock
from node.errors import ConfigurationError
from node.services.attempts import Attempts
from node.services.entity_configuration import OwnConfiguration
from node.services.membership import Members
from node.services.tokens import Role, Tokens
from node.settings import Settings, load_settings, write_initial
from node.storage.engine import DEFAULT_URL, upgrade
from protocols.trust.network import MAX_NAME_CHARACTERS


def register(app: typer.Typer) -> None:
    app.command()(init)


def init(
    data: DataOption,
    did: Annotated[str | None, typer.Option(help="did:web:host, did:web:host%3Aport or did:web:host:path.")] = None,
    name: Annotated[str | None, typer.Option(help="What people call the organisation.")] = None,
    listen: Annotated[str | None, typer.Option(help="host:port of the node's socket.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key.")] = None,
    database_url: Annotated[str | None, typer.Option(help="Default: SQLite in the data directory.")] = None,
    network: Annotated[
        str | None, typer.Option(help="Found a trust network of this name, with this node as its anchor.")
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="HTTPS=HTTP, development only: the loopback origin that stands for another node's."),
    ] = None,
) -> None:
    """Make a node in DATA: keys, node.toml, database, and a first API token. Refuses to overwrite.

    What is not given here may come from the environment (LER_DID, LER_NAME, LER_LISTEN).
    """
    if network is not None and not 0 < len(network) <= MAX_NAME_CHARACTERS:
        raise typer.BadParameter(f"a network's name has 1 to {MAX_NAME_CHARACTERS} characters")
    settings = load_settings(
        data,
        did=did,
        name=name,
        listen=listen,
        tls={"cert": _absolute(tls_cert), "key": _absolute(tls_key)} if tls_cert or tls_key else None,
        database={"url": database_url} if database_url else None,
        fetch={"origins": dict(map(_origin, origin))} if origin else None,
    )
    serving_context(settings)
    os.umask(0o077)
    toml = write_initial(settings)  # the first step, and refused where there is one: two inits cannot meet
    try:
        asyncio.run(upgrade(settings.database.url or DEFAULT_URL, data_dir=settings.data_dir))
        _make_identity(settings)
        if network is not None:
            asyncio.run(_found(settings, network))
        token = asyncio.run(_make_token(settings))
        token_file = _write_token(settings, token)
    except BaseException:
        toml.unlink()  # nothing is served from here without it, and `init` can be called again
        raise
    print(f"did        {settings.did}")
    print(f"document   {settings.base_url} must lead to {settings.listen}")
    print(f"settings   {toml}")
    print(f"keys       sealed in the database, under the master key in {settings.master_file}")
    print(f"api token  {token}  (also in {token_file})")
    print(f"next       ler-node serve --data {data}")


def _origin(text: str) -> tuple[str, str]:
    """`https://name=http://127.0.0.1:port` in its parts; what they may be is checked with the settings."""
    name, _, stand_in = text.partition("=")
    return name, stand_in


def _absolute(file: Path | None) -> Path | None:
    return None if file is None else file.absolute()


def _make_identity(settings: Settings) -> None:
    """Master key and identity. A master key that nothing was sealed under goes again, or `init` would stop at it."""
    made = create_master_key(settings)
    try:
        asyncio.run(_create(settings))
    except BaseException:
        if made is not None:
            made.unlink()
        raise


async def _create(settings: Settings) -> None:
    async with opened_storage(settings) as storage:
        await identity_of(settings, storage).create()


async def _found(settings: Settings, name: str) -> None:
    async with opened_storage(settings) as storage:
        clock, identity = SystemClock(), identity_of(settings, storage)
        await identity.start()
        await Members(storage, identity, OwnConfiguration(storage, identity, clock), clock).create(name, actor="init")


async def _make_token(settings: Settings) -> str:
    async with opened_storage(settings) as storage:
        clock = SystemClock()
        return await Tokens(storage=storage, attempts=Attempts(clock), clock=clock).create("init", frozenset(Role))


def _write_token(settings: Settings, token: str) -> Path:
    path = settings.secrets_dir / "api-token"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        raise ConfigurationError("the API token cannot be written", found=f"{path}: {error.strerror}") from error
    return path
