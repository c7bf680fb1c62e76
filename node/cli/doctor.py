"""`ler-node doctor`: what a node needs, looked at one by one, and what to do about what is missing."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from node.adapters.fetch import Fetcher
from node.adapters.own_contexts import own_contexts
from node.cli.offline import identity_of, opened_storage
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_rows
from node.clock import SystemClock
from node.errors import ConfigurationError, NodeError, Rejected
from node.metrics import Metrics
from node.settings import Settings, load_settings
from protocols.dids.parse import parse_document
from protocols.dids.web import document_url
from protocols.errors import ProtocolError
from protocols.jose.encoding import parse_object

MIN_FREE_BYTES = 512 * 1024 * 1024
MAX_DOCUMENT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `expected` says what to do where it is not in order."""

    check: str
    ok: bool
    found: str
    expected: str | None = None


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(data: DataOption, as_json: JsonOption = False) -> None:
    """Look at settings, files, keys, contexts, database, disk, public address; exit 1 when one is not in order."""
    settings = load_settings(data)
    findings = asyncio.run(examine(settings))
    rows = [asdict(finding) for finding in findings]
    if not as_json:
        rows = [{**row, "ok": "ok" if row["ok"] else "WRONG"} for row in rows]
    show_rows(rows, ("ok", "check", "found", "expected"), as_json=as_json)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Finding]:
    """All findings; none keeps the next from being looked at."""
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("data directory", _data_directory),
        ("secrets", _secrets),
        ("disk", _disk),
        ("database", _database),
        ("keys", _keys),
        ("contexts", _contexts),
        ("public address", _public_address),
    )
    return [await _examined(name, check, settings) for name, check in checks]


async def _examined(name: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        return Finding(check=name, ok=True, found=await check(settings))
    except (NodeError, ProtocolError) as error:
        found = f"{error.detail}: {error.found}" if error.found else error.detail
        return Finding(check=name, ok=False, found=found, expected=error.expected)


async def _data_directory(settings: Settings) -> str:
    if not (settings.data_dir / "node.toml").is_file():
        raise ConfigurationError("no node here", found=str(settings.data_dir), expected="ler-node init first")
    return str(settings.data_dir)


async def _secrets(settings: Settings) -> str:
    files = [path for path in sorted(settings.secrets_dir.glob("*")) if path.is_file()]
    for path in files:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError("others can read a secret", found=str(path), expected=f"chmod 600 {path}")
    return f"{len(files)} files, readable by their owner only"


async def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(_existing(settings.data_dir)).free
    if free < MIN_FREE_BYTES:
        raise ConfigurationError(
            "little room", found=f"{free >> 20} MiB free", expected=f"at least {MIN_FREE_BYTES >> 20} MiB"
        )
    return f"{free >> 20} MiB free"


async def _database(settings: Settings) -> str:
    async with opened_storage(settings):
        return "answers, tables of this version"


async def _keys(settings: Settings) -> str:
    async with opened_storage(settings) as storage:
        identity = identity_of(settings, storage)
        await identity.start()
        return f"{len(identity.all_keys())} keys, all open"


async def _contexts(settings: Settings) -> str:
    return f"{len(own_contexts(settings).added)} own, as they were pinned"


async def _public_address(settings: Settings) -> str:
    """The DID document as a peer would fetch it: through the guarded fetcher, so private addresses show."""
    url = document_url(settings.did)
    async with Fetcher(settings.fetch, settings.limits, SystemClock(), Metrics()) as fetcher:
        fetched = await fetcher.get(url, max_bytes=MAX_DOCUMENT_BYTES, accept="application/did+json, application/json")
    try:
        document = parse_document(parse_object(fetched.body), settings.did)
    except ProtocolError as error:
        raise Rejected(
            "another document stands at the public address", found=error.found, expected=f"this node behind {url}"
        ) from error
    return f"{urlsplit(url).netloc} serves the document, {len(document.methods)} methods"


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
