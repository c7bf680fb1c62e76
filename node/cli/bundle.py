"""`ler-node bundle`: a credential with everything that a report on it rests on, in one file, verified offline."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.cli.inputs import read_bytes, read_credential
from node.cli.offline import identity_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, write_new
from node.cli.plain import show_error
from node.cli.report import show_report
from node.cli.verify import EXIT_CODES, EXIT_DATA
from node.clock import SystemClock
from node.metrics import Metrics
from node.services.bundles import Bundles, is_vouched_for, report_on_bundle
from node.services.directory import Directory
from node.settings import Settings, load_settings
from node.storage.engine import DEFAULT_URL
from node.storage.read_only import open_read_only
from protocols.credentials.enveloped import as_envelope
from protocols.jose.encoding import JsonObject
from protocols.trust.refusal import StatementRefused
from protocols.verification.bundle import MAX_BYTES, Bundle, BundleRefused, read_bundle
from protocols.verification.report import VerificationReport, write_time


def register(app: typer.Typer) -> None:
    bundle = typer.Typer(help="Offline bundles: what is needed to verify, in one file.", no_args_is_help=True)
    bundle.command()(make)
    bundle.command()(verify)
    app.add_typer(bundle, name="bundle")


def make(
    file: Annotated[Path, typer.Argument(help="A credential or a presentation: JSON, a token, or a baked picture.")],
    out: Annotated[Path, typer.Option("--out", help="A file that does not exist yet, as badge.lerbundle.")],
    data: DataOption,
) -> None:
    """Bundle a credential with its issuer's statements, status lists and DID document as synced here, and sign that."""
    found = read_credential(file)
    held = as_envelope(found) if isinstance(found, str) else found
    write_new(out, asyncio.run(_made(load_settings(data), held)))


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle.")],
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="Thumbprint of an anchor's key that you trust, and no other; repeat for more."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify what a bundle holds from the bundle alone: no network, no node, no database.

    The report is as of the time when the bundle was made, and whoever made it vouches for what was on that day. Who
    vouches for the issuer is the network whose anchor stands in it: say with --anchor which one you know.
    Exit 0: verified; 1: not verified; 2: could not tell; 65: no bundle, or one that was changed.
    """
    try:
        bundle = read_bundle(read_bytes(file, MAX_BYTES))
        bundle = bundle.trusting(anchor) if anchor else bundle
        anchors, is_known = bundle.anchor_keys(), is_vouched_for(bundle)
    except (BundleRefused, StatementRefused) as error:
        show_error(error)
        raise typer.Exit(EXIT_DATA) from error
    report = asyncio.run(_report(bundle))
    made: JsonObject = {
        "made_by": bundle.made_by,
        "maker_is_known": is_known,
        "made_at": write_time(bundle.made_at),
        "anchor_is_known": bool(anchor and anchors),
    }
    if as_json:
        show_facts({**made, "anchors": anchors, "report": report.to_json()}, as_json=True)
    else:
        show_facts({**made, "anchors": anchors or None})
        print()
        show_report(report.to_json())
    raise typer.Exit(EXIT_CODES[report.verdict])


async def _made(settings: Settings, held: JsonObject) -> bytes:
    storage = open_read_only(settings.database.url or DEFAULT_URL, data_dir=settings.data_dir)
    await storage.start()
    try:
        identity, clock = identity_of(settings, storage), SystemClock()
        await identity.start()
        return await Bundles(storage, Directory(storage, clock), identity, clock).make(held)
    finally:
        await storage.close()


async def _report(bundle: Bundle) -> VerificationReport:
    metrics = Metrics()
    proofs, legacy = proof_pool(metrics), didkit_pool(metrics)
    try:
        return await report_on_bundle(bundle, ProofChecker(proofs), Didkit(legacy))
    finally:
        await proofs.close()
        await legacy.close()
