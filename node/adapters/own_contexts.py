"""The JSON-LD contexts that this node's operator added: bytes in files, in force only as the settings pin them."""

import hashlib
import os
from pathlib import Path

from node.errors import ConfigurationError, Conflict
from node.settings import Settings
from node.settings.pins import pin_context
from protocols.credentials.contexts import BUNDLED, Contexts
from protocols.credentials.rdf.added import MAX_BYTES, check_added

MOST = 32


def own_contexts(settings: Settings) -> Contexts:
    """The contexts in force: the built-in ones and those that the settings allow.

    Raises:
        ConfigurationError: the file of one is missing, or has other bytes than were pinned.
    """
    allowed = settings.contexts.allowed
    if not allowed:
        return BUNDLED
    return Contexts(added=tuple((url, _pinned(settings, url, digest)) for url, digest in allowed.items()))


def add_context(settings: Settings, url: str, data: bytes, *, replace: bool) -> tuple[str, bool]:
    """Keeps `data` as the context at `url` and pins it; returns its SHA-256, and whether that is new.

    A node that runs takes it in when it starts again.

    Args:
        replace: whether other bytes may take the place of those that are pinned for `url`.

    Raises:
        ProtocolError: see `check_added`.
        Conflict: pinned with other bytes, or too many.
        ConfigurationError: it cannot be written.
    """
    check_added(url, data)
    digest, allowed = hashlib.sha256(data).hexdigest(), settings.contexts.allowed
    if (pinned := allowed.get(url)) not in (None, digest) and not replace:
        raise Conflict("the URL is pinned with other bytes", found=digest, expected=f"{pinned}, or --replace")
    if pinned is None and len(allowed) >= MOST:
        raise Conflict("too many own contexts", found=str(len(allowed)), expected=f"at most {MOST}")
    try:
        _keep(settings.contexts_dir / _name(digest), data)
    except OSError as error:
        raise ConfigurationError("the context cannot be kept", found=f"{error.filename}: {error.strerror}") from error
    if pinned != digest:
        pin_context(settings.data_dir, url, digest)
    return digest, pinned != digest


def _pinned(settings: Settings, url: str, digest: str) -> bytes:
    path, again = settings.contexts_dir / _name(digest), f"SHA-256 {digest}; add it again with `ler-node contexts add`"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        found = f"{path}: {error.strerror}"
        raise ConfigurationError(f"the context {url} cannot be read", found=found, expected=again) from error
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise ConfigurationError(f"the context {url} was changed", found=f"{path}: SHA-256 {found}", expected=again)
    return data


def _keep(path: Path, data: bytes) -> None:
    """Written whole or not at all; what stands there under this digest is written anew, so that adding again mends."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _name(digest: str) -> str:
    return f"{digest}.jsonld"
