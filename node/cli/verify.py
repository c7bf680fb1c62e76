"""`ler-node verify`: a credential or presentation in a file, checked offline from what the node has synced."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.own_contexts import own_contexts
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.cli.inputs import read_credential, read_object
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts
from node.cli.plain import show_error
from node.cli.report import show_report
from node.clock import SystemClock, new_id
from node.errors import ConfigurationError, NodeError
from node.metrics import Metrics
from node.services.credential_evidence import Credentials
from node.services.directory import Directory
from node.services.signature_evidence import Brought, Signatures
from node.services.verification import Verification
from node.settings import Settings, load_settings
from node.storage.engine import DEFAULT_URL
from node.storage.read_only import open_read_only
from protocols.credentials.enveloped import Kind, as_envelope, contents_of, is_enveloped, is_sd_jwt, wrap
from protocols.credentials.open_badges import Identity
from protocols.credentials.shape import many
from protocols.errors import Explained, ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.verification.report import Verdict, VerificationReport

EXIT_DATA = 65
EXIT_UNAVAILABLE = 69
"""Of sysexits.h, as 64 and 78 are."""
MAX_IDENTITY = 1024
"""Characters of an identity and its type."""
EXIT_CODES = {Verdict.VERIFIED: 0, Verdict.NOT_VERIFIED: 1, Verdict.COULD_NOT_TELL: 2}


def register(app: typer.Typer) -> None:
    app.command()(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="A credential or a presentation: JSON, a token, or a baked picture.")],
    data: DataOption,
    identity: Annotated[
        list[str] | None,
        typer.Option(help="TYPE=VALUE, as you know it of who brings it: emailAddress=ada@example.org. Repeatable."),
    ] = None,
    challenge: Annotated[
        str | None,
        typer.Option(help="What it was asked to repeat: a presentation's challenge, or the nonce of an SD-JWT."),
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Whom it was asked to be made for: a domain, or the audience of an SD-JWT.")
    ] = None,
    date: Annotated[
        list[Path] | None, typer.Option(help="The proof of a credential's date, as it came with it. Repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a credential or presentation with no network, from what the node has synced.

    Exit 0: verified; 1: not verified; 2: could not tell; 65: nothing that can be read, so no verdict; 69: the node's
    own data cannot be read, so none either. The node may run meanwhile, or not.
    """
    settings = load_settings(data)
    identities = tuple(_identity(text) for text in identity or ())
    try:
        found = read_credential(file)
        document = _in_envelope(found) if isinstance(found, str) else found
        dates = tuple(read_object(path) for path in date or ())
    except ProtocolError as error:
        raise _without_verdict(error, EXIT_DATA) from error
    if (challenge or domain) and not (_is_presentation(document) or (is_enveloped(document) and is_sd_jwt(document))):
        raise typer.BadParameter("--challenge and --domain: found a credential, expected a presentation or an SD-JWT")
    try:
        report = asyncio.run(_report(settings, document, identities, challenge, domain, dates))
    except ConfigurationError:
        raise
    except NodeError as error:
        raise _without_verdict(error, EXIT_UNAVAILABLE) from error
    if as_json:
        show_facts(report.to_json(), as_json=True)
    else:
        show_report(report.to_json())
    raise typer.Exit(EXIT_CODES[report.verdict])


def _identity(text: str) -> Identity:
    """An identity as `TYPE=VALUE`, with a type of Open Badges' list; raises BadParameter."""
    type, separator, value = text.partition("=")
    if not (type and separator and value) or len(text) > MAX_IDENTITY:
        raise typer.BadParameter(f"{text[:80]!r}; expected TYPE=VALUE, for instance emailAddress=ada@example.org")
    return Identity(type=type, value=value)


def _without_verdict(error: Explained, code: int) -> typer.Exit:
    """A failure must not look like "not verified", which the usual code of a failure means here."""
    show_error(error)
    return typer.Exit(code)


async def _report(
    settings: Settings,
    document: JsonObject,
    identities: tuple[Identity, ...],
    challenge: str | None,
    domain: str | None,
    dates: Sequence[JsonObject],
) -> VerificationReport:
    clock, metrics, contexts = SystemClock(), Metrics(), own_contexts(settings)
    storage = open_read_only(settings.database.url or DEFAULT_URL, data_dir=settings.data_dir)
    pool, legacy = proof_pool(metrics), didkit_pool(metrics)
    proofs = ProofChecker(pool, contexts)
    await storage.start()
    try:
        directory, freshness = Directory(storage, clock), settings.sync.freshness
        signatures = Signatures(storage, directory, proofs, Didkit(legacy))
        credentials = Credentials(storage, directory, signatures, freshness)
        verification = Verification(credentials, proofs, clock)
        report = (
            verification.report_on_presentation if _is_presentation(document) else verification.report_on_credential
        )
        brought = Brought(dates=dates)
        return await report(document, new_id(), brought, challenge=challenge, domain=domain, identities=identities)
    finally:
        await pool.close()
        await legacy.close()
        await storage.close()


def _in_envelope(token: str) -> JsonObject:
    is_presentation = _is_presentation(contents_of(token) or {})
    return wrap(token, Kind.VP_JWT) if is_presentation else as_envelope(token)


def _is_presentation(document: JsonObject) -> bool:
    types = {item for item in many(document.get("type")) if isinstance(item, str)}
    return not types.isdisjoint({"VerifiablePresentation", "EnvelopedVerifiablePresentation"})
