"""`ler-node verify`: a credential or presentation in a file, checked offline from what the node has synced."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.cli.inputs import read_credential
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts
from node.cli.plain import show_error
from node.cli.report import show_report
from node.clock import SystemClock, new_id
from node.errors import ConfigurationError, NodeError
from node.metrics import Metrics
from node.services.credential_evidence import Credentials
from node.services.directory import Directory
from node.services.verification import Verification
from node.settings import Settings, load_settings
from node.storage.engine import DEFAULT_URL
from node.storage.read_only import open_read_only
from protocols.credentials.enveloped import as_envelope
from protocols.errors import Explained, ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.verification.report import Verdict, VerificationReport

EXIT_DATA = 65
EXIT_UNAVAILABLE = 69
"""Of sysexits.h, as 64 and 78 are."""
EXIT_CODES = {Verdict.VERIFIED: 0, Verdict.NOT_VERIFIED: 1, Verdict.COULD_NOT_TELL: 2}


def register(app: typer.Typer) -> None:
    app.command()(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="A credential or a presentation: JSON, a token, or a baked picture.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Check a credential or presentation with no network, from what the node has synced.

    Exit 0: verified; 1: not verified; 2: could not tell; 65: nothing that can be read, so no verdict; 69: the node's
    own data cannot be read, so none either. The node may run meanwhile, or not.
    """
    settings = load_settings(data)
    try:
        found = read_credential(file)
        document = as_envelope(found) if isinstance(found, str) else found
    except ProtocolError as error:
        raise _without_verdict(error, EXIT_DATA) from error
    try:
        report = asyncio.run(_report(settings, document))
    except ConfigurationError:
        raise
    except NodeError as error:
        raise _without_verdict(error, EXIT_UNAVAILABLE) from error
    if as_json:
        show_facts(report.to_json(), as_json=True)
    else:
        show_report(report.to_json())
    raise typer.Exit(EXIT_CODES[report.verdict])


def _without_verdict(error: Explained, code: int) -> typer.Exit:
    """A failure must not look like "not verified", which the usual code of a failure means here."""
    show_error(error)
    return typer.Exit(code)


async def _report(settings: Settings, document: JsonObject) -> VerificationReport:
    clock, metrics = SystemClock(), Metrics()
    storage = open_read_only(settings.database.url or DEFAULT_URL, data_dir=settings.data_dir)
    proofs, legacy = proof_pool(metrics), didkit_pool(metrics)
    await storage.start()
    try:
        credentials = Credentials(storage, Directory(storage, clock), ProofChecker(proofs), Didkit(legacy))
        verification = Verification(credentials, ProofChecker(proofs), clock)
        if _is_presentation(document):
            return await verification.report_on_presentation(document, new_id())
        return await verification.report_on_credential(document, new_id())
    finally:
        await proofs.close()
        await legacy.close()
        await storage.close()


def _is_presentation(document: JsonObject) -> bool:
    types = document.get("type")
    return "VerifiablePresentation" in (types if isinstance(types, list) else [types])  # pyright: ignore[reportUnknownVariableType]
