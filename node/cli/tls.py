"""TLS of the node's own: what it serves with, and what its commands trust when they call it."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from node.errors import ConfigurationError
from node.settings import Settings


def serving_context(settings: Settings) -> ssl.SSLContext | None:
    """What the node's sockets are served with; None for plain HTTP, behind a front.

    Raises:
        ConfigurationError: files that cannot be read, or that do not belong together.
    """
    if settings.certificate is None:
        return None
    cert, key = settings.certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with _readable(cert, key):
        context.load_cert_chain(cert, key)
    return context


def calling_context(settings: Settings) -> ssl.SSLContext | None:
    """Trusts exactly the certificate that the node was given, whoever issued it; None where it has none.

    Raises:
        ConfigurationError: a file that cannot be read, or is no certificate.
    """
    if settings.certificate is None:
        return None
    cert, key = settings.certificate
    with _readable(cert, key):
        context = ssl.create_default_context(cafile=str(cert))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@contextmanager
def _readable(cert: Path, key: Path) -> Generator[None]:
    try:
        yield
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "the TLS certificate cannot be used",
            found=f"{cert}, {key}: {error.strerror or type(error).__name__}"[:300],
            expected="PEM files that belong together",
        ) from error
