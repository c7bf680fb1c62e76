"""The wallet's commands. Each can be run again after it was stopped anywhere; errors are one line on stderr.

Exit codes: 0 done, 1 refused or failed, 2 nobody answered (what waits is sent by the next `sync`), 64 wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.exceptions import TyperException

from node.demo.wallet.errors import Unreachable, WalletError
from node.demo.wallet.output import cell, print_json, show_rows
from node.demo.wallet.storage import Points
from node.demo.wallet.wallet import Wallet
from protocols.consent.letters import DeclineReason
from protocols.errors import ProtocolError

EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 64, 130
PASSPHRASE = "LER_WALLET_PASSPHRASE"  # noqa: S105 - the name of a variable

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The wallet that a command is about, from the options before it."""

    data: Path
    origins: dict[str, str]
    points: Points | None

    def run(self, act: Callable[[Wallet], Awaitable[T]]) -> T:
        async def opened() -> T:
            passphrase = os.environ.get(PASSPHRASE) or None
            async with Wallet.open(
                self.data, origins=self.origins, passphrase=passphrase, points=self.points
            ) as wallet:
                return await act(wallet)

        return asyncio.run(opened())

    def look(self, act: Callable[[Wallet], T]) -> T:
        async def later(wallet: Wallet) -> T:
            return act(wallet)

        return self.run(later)


def create_cli(points: Points | None = None) -> typer.Typer:
    """The command with all its verbs."""
    app = typer.Typer(
        name="wallet",
        help="A learner's wallet without a screen.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def choose(
        context: typer.Context,
        data: Annotated[Path, typer.Option(help="The wallet's folder.")],
        origin: Annotated[
            list[str] | None,
            typer.Option(help="HTTPS_ORIGIN=LOOPBACK_ORIGIN, for development; may be repeated, is remembered."),
        ] = None,
    ) -> None:
        pairs = {pair.partition("=")[0]: pair.partition("=")[2] for pair in origin or []}
        context.obj = Chosen(data=data, origins=pairs, points=points)

    for verb in (
        enrol,
        sync,
        open_link,
        offers,
        accept_offer,
        requests,
        show,
        approve,
        decline,
        history,
        credentials,
        receipts,
        links,
    ):
        app.command(verb.__name__.removesuffix("_link").replace("_", "-"))(verb)
    return app


def enrol(context: typer.Context, link: str, code: str) -> None:
    """Bind this wallet to you at an institution, by its link and the code it gave you."""
    relation = _chosen(context).run(lambda wallet: wallet.enrol(link, code))
    print(f"enrolled at {relation.institution} as {cell(relation.reference)} ({cell(relation.assurance)})")
    for anchor in relation.anchors:
        print(f"its network: {cell(anchor.get('name') if isinstance(anchor, dict) else anchor)}")  # pyright: ignore


def sync(
    context: typer.Context,
    live: Annotated[float, typer.Option(help="Stay for so many seconds and take what comes.")] = 0.0,
    accept_offers: Annotated[bool, typer.Option(help="Ask for every record that is offered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch what waits, and send what is to be sent."""
    summary = _chosen(context).run(lambda wallet: wallet.sync(live_s=live, accept_offers=accept_offers))
    if as_json:
        print_json(summary)
    else:
        print(f"{summary['fetched']} fetched, {summary['waiting_to_be_sent']} waiting to be sent")


def open_link(context: typer.Context, link: str) -> None:
    """Open an employer's link and make contact; their request comes by `sync`."""
    requester = _chosen(context).run(lambda wallet: wallet.follow(link))
    name = requester.name if requester.is_in_good_standing else "an unknown requester"
    print(f"contact made with {cell(name)}: {cell(requester.standing.reason)}")


def offers(context: typer.Context, as_json: AsJson = False) -> None:
    """List what institutions offer."""
    show_rows(_chosen(context).look(Wallet.offers), ("id", "name", "issuer", "state", "problem"), as_json=as_json)


def accept_offer(context: typer.Context, id: str) -> None:
    """Ask for a record that is offered; it comes by `sync`."""
    _chosen(context).run(lambda wallet: wallet.accept_offer(id))
    print("asked for")


def requests(context: typer.Context, as_json: AsJson = False) -> None:
    """List who asks for what."""
    columns = ("id", "requester", "purpose", "retention_days", "state", "over_asks")
    show_rows(_chosen(context).look(Wallet.requests), columns, as_json=as_json)


def show(
    context: typer.Context,
    id: str,
    items: Annotated[str | None, typer.Option(help="Only these items, by id, with commas between.")] = None,
    as_json: AsJson = False,
) -> None:
    """The consent screen of a request: what you would agree to."""
    if as_json:
        print_json(_chosen(context).look(lambda wallet: wallet.request(id)))
    else:
        print(_chosen(context).look(lambda wallet: wallet.show(id, _items(items))))


def approve(
    context: typer.Context,
    id: str,
    items: Annotated[str | None, typer.Option(help="Share only these items, by id, with commas between.")] = None,
) -> None:
    """Say yes to a request, to all of it or a part; prints what you agreed to."""
    print(_chosen(context).run(lambda wallet: wallet.approve(id, _items(items))))


def decline(
    context: typer.Context,
    id: str,
    reason: Annotated[DeclineReason | None, typer.Option(help="A generic reason, if you want to give one.")] = None,
) -> None:
    """Say no to a request."""
    _chosen(context).run(lambda wallet: wallet.decline(id, reason))
    print("declined")


def history(context: typer.Context, as_json: AsJson = False) -> None:
    """List what you shared or declined, with whom, and until when they may keep it."""
    columns = ("at", "requester", "shared", "until", "state")
    show_rows(_chosen(context).look(Wallet.history), columns, as_json=as_json)


def credentials(context: typer.Context, as_json: AsJson = False) -> None:
    """List your records."""
    columns = ("id", "name", "issuer_name", "skills", "valid_until")
    show_rows(_chosen(context).look(Wallet.credentials), columns, as_json=as_json)


def receipts(context: typer.Context, as_json: AsJson = False) -> None:
    """List the receipts for what you shared."""
    show_rows(_chosen(context).look(Wallet.receipts), ("state", "problem", "receipt"), as_json=as_json)


def links(context: typer.Context, as_json: AsJson = False) -> None:
    """List the links you opened."""
    show_rows(_chosen(context).look(Wallet.links), ("invitation", "goal", "state", "refusals"), as_json=as_json)


def main(arguments: Sequence[str] | None = None, points: Points | None = None) -> int:
    """Runs the command with `arguments` (the process's own where None); returns the exit code."""
    try:
        code: Any = create_cli(points)(args=arguments, prog_name="wallet", standalone_mode=False)
    except TyperException as error:
        print(error.format_message(), file=sys.stderr)
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except (WalletError, ProtocolError) as error:
        print(f"wallet: {error_line(error)}", file=sys.stderr)
        return EXIT_UNREACHABLE if isinstance(error, Unreachable) else EXIT_FAILED
    return code if isinstance(code, int) else 0


def error_line(error: WalletError | ProtocolError) -> str:
    """`detail: found …, expected …` in one line."""
    facts = [f"{name} {value}" for name, value in (("found", error.found), ("expected", error.expected)) if value]
    return cell(" ".join(f"{error.detail}{': ' if facts else ''}{', '.join(facts)}".split()))


def _chosen(context: typer.Context) -> Chosen:
    chosen = context.find_object(Chosen)
    if chosen is None:
        raise WalletError("no wallet was chosen", expected="--data DIR")
    return chosen


def _items(text: str | None) -> list[str] | None:
    return None if text is None else [item for item in text.split(",") if item]
