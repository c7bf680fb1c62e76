"""`ler-node serve`: runs the node until SIGTERM or SIGINT, then drains."""

import asyncio
import signal

import typer
from aiohttp import web

from node.app import create_app
from node.cli.options import DataOption
from node.cli.tls import serving_context
from node.errors import ConfigurationError
from node.keys import LOG, SERVICES
from node.log import capture_libraries
from node.settings import Settings, load_settings

DRAIN_S = 3.0
"""Requests under way get so long to end, and as long again once cancelled: SIGTERM ends all within 10 s."""
BACKLOG = 1024


def register(app: typer.Typer) -> None:
    @app.command()
    def serve(data: DataOption) -> None:  # pyright: ignore[reportUnusedFunction]
        """Run the node. Logs to stderr; ready when /health/ready answers 200; SIGTERM drains."""
        settings = load_settings(data)
        if not (data / "node.toml").exists():
            raise ConfigurationError("no node here", found=f"no node.toml in {data}", expected="ler-node init first")
        asyncio.run(run(settings))


async def run(settings: Settings) -> None:
    """Serves until told to stop; returns once everything has ended."""
    app = create_app(settings)
    log = app[LOG]
    capture_libraries(log)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S, handle_signals=False)
    try:
        await runner.setup()
        await _listen(runner, settings)
        log.info("node started", did=settings.did, listen=settings.listen)
        await stop.wait()
        app[SERVICES].health.draining = True
        log.info("node draining")
    finally:
        await runner.cleanup()  # after a failed start too, or what had started would be left behind
    log.info("node stopped")


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    tls = serving_context(settings)
    for address in (settings.listen_address, settings.admin_address):
        if address is None:
            continue
        site = web.TCPSite(runner, address.host, address.port, ssl_context=tls, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                "cannot listen there",
                found=f"{address.host}:{address.port}: {error.strerror}",
                expected="a free address",
            ) from error
