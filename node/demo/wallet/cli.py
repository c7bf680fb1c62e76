"""The wallet's commands. Each can be run again after it was stopped anywhere; errors are one line on stderr.

Exit codes: 0 done, 1 refused or failed, 2 nobody answered (what waits is sent by the next `sync`), 64 wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.exceptions import TyperException

from node.demo.wallet.clock import Clock
from node.demo.wallet.errors import Unreachable, Unseen, WalletError
from node.demo.wallet.output import cell, print_json, show_rows
from node.demo.wallet.screen import UNKNOWN
from node.demo.wallet.storage import Points
from node.demo.wallet.wallet import Wallet
from protocols.consent.letters import DeclineReason
from protocols.dids.shapes import as_object
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject

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
    clock: Clock | None

    def run(self, act: Callable[[Wallet], Awaitable[T]]) -> T:
        async def opened() -> T:
            passphrase = os.environ.get(PASSPHRASE) or None
            async with Wallet.open(
                self.data, origins=self.origins, passphrase=passphrase, points=self.points, clock=self.clock
            ) as wallet:
                return await act(wallet)

        return asyncio.run(opened())

    def look(self, act: Callable[[Wallet], T]) -> T:
        async def later(wallet: Wallet) -> T:
            return act(wallet)

        return self.run(later)


def create_cli(points: Points | None = None, clock: Clock | None = None) -> typer.Typer:
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
        context.obj = Chosen(data=data, origins=pairs, points=points, clock=clock)

    for name, verb in VERBS.items():
        app.command(name)(verb)
    return app


def init(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the wallet, and remember the origins given; any other command does so too."""
    chosen = _chosen(context)
    chosen.look(lambda wallet: None)
    _show({"data": str(chosen.data)}, f"a wallet in {chosen.data}", as_json)


def enrol(context: typer.Context, link: str, code: str, as_json: AsJson = False) -> None:
    """Bind this wallet to you at an institution, by its link and the code it gave you."""
    relation = _chosen(context).run(lambda wallet: wallet.enrol(link, code))
    enrolled: JsonObject = {
        "institution": relation.institution,
        "mediation_did": relation.mediation,
        "reference": relation.reference,
        "assurance": relation.assurance,
        "anchors": [cell((as_object(anchor) or {}).get("name") or anchor) for anchor in relation.anchors],
    }
    networks = ", ".join(enrolled["anchors"]) or "none"
    words = f"enrolled at {relation.institution} as {cell(relation.reference)}; networks it goes by: {networks}"
    _show(enrolled, words, as_json)


def sync(
    context: typer.Context,
    live: Annotated[float, typer.Option(help="Stay for so many seconds and take what comes.")] = 0.0,
    accept_offers: Annotated[bool, typer.Option(help="Ask for every record that is offered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch what waits, and send what is to be sent."""
    summary = _chosen(context).run(lambda wallet: wallet.sync(live_s=live, accept_offers=accept_offers))
    words = f"{summary['fetched']} fetched, {summary['waiting_to_be_sent']} waiting to be sent"
    _show(summary, words, as_json)


def open_link(context: typer.Context, link: str, as_json: AsJson = False) -> None:
    """Open an employer's link and make contact; their request comes by `sync`."""
    requester = _chosen(context).run(lambda wallet: wallet.follow(link))
    name = requester.name if requester.is_in_good_standing else UNKNOWN
    opened: JsonObject = {
        "requester": name,
        "voucher": requester.voucher,
        "standing": {"outcome": requester.standing.outcome, "reason": requester.standing.reason},
    }
    _show(opened, f"contact with {cell(name)}: {cell(requester.standing.reason)}", as_json)


def offers(context: typer.Context, as_json: AsJson = False) -> None:
    """List what institutions offer."""
    show_rows(_chosen(context).look(Wallet.offers), ("id", "name", "issuer", "state", "problem"), as_json=as_json)


def accept_offer(context: typer.Context, id: str, as_json: AsJson = False) -> None:
    """Ask for a record that is offered; it comes by `sync`."""
    _chosen(context).run(lambda wallet: wallet.accept_offer(id))
    _show({"id": id}, "asked for", as_json)


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
    """The consent screen of a request: what you would agree to. A yes is to what was shown last."""

    def look(wallet: Wallet) -> tuple[JsonObject, str]:
        return wallet.request(id), wallet.show(id, _items(items))

    request, screen = _chosen(context).look(look)
    _show({**request, "screen": screen}, screen, as_json)


def approve(
    context: typer.Context,
    id: str,
    items: Annotated[str | None, typer.Option(help="Share only these items, by id, with commas between.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say yes to what `show` showed for the same items; prints what you agreed to.

    Where that would be anything else now, nothing is shared, and what it would be is printed.
    """
    try:
        screen = _chosen(context).run(lambda wallet: wallet.approve(id, _items(items)))
    except Unseen as unseen:
        _show({"id": id, "refused": unseen.detail, "screen": unseen.screen}, unseen.screen, as_json)
        raise
    _show({"id": id, "screen": screen}, screen, as_json)


def decline(
    context: typer.Context,
    id: str,
    reason: Annotated[DeclineReason | None, typer.Option(help="A generic reason, if you want to give one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say no to a request."""
    _chosen(context).run(lambda wallet: wallet.decline(id, reason))
    _show({"id": id}, "declined", as_json)


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
    columns = ("state", "requester", "delete_at", "problem")
    show_rows(_chosen(context).look(Wallet.receipts), columns, as_json=as_json)


def links(context: typer.Context, as_json: AsJson = False) -> None:
    """List the links you opened."""
    show_rows(_chosen(context).look(Wallet.links), ("invitation", "goal", "state", "refusals"), as_json=as_json)


VERBS: Mapping[str, Callable[..., None]] = {
    "init": init,
    "enrol": enrol,
    "sync": sync,
    "open": open_link,
    "offers": offers,
    "accept-offer": accept_offer,
    "requests": requests,
    "show": show,
    "approve": approve,
    "decline": decline,
    "history": history,
    "credentials": credentials,
    "receipts": receipts,
    "links": links,
}


def main(arguments: Sequence[str] | None = None, points: Points | None = None, clock: Clock | None = None) -> int:
    """Runs the command with `arguments` (the process's own where None); returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code: Any = create_cli(points, clock)(args=_whose_first(given), prog_name="wallet", standalone_mode=False)
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


def _whose_first(arguments: Sequence[str]) -> list[str]:
    """`--data` and `--origin` say which wallet it is, and may stand anywhere on the line."""
    whose: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument in ("--data", "--origin"):
            whose += [argument, *(value for value in [next(left, None)] if value is not None)]
        else:
            (whose if argument.startswith(("--data=", "--origin=")) else rest).append(argument)
    return whose + rest


def _show(facts: JsonObject, words: str, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        print(words)


def _items(text: str | None) -> list[str] | None:
    return None if text is None else [item for item in text.split(",") if item]
