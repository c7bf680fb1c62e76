"""The master key: 32 bytes that everything secret in the database is sealed under. It is never in the database.

It is given by the environment or a secret file (`keys.master`), by a command that asks a vault (`keys.master_command`),
or lies in a file that only the node's user can read (`secrets/master.key`). It is written as base64url; several, one a
line, mean a rotation under way: the first seals, all open.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from node.adapters.xaes import KEY_BYTES
from node.clock import entropy
from node.errors import ConfigurationError
from node.settings import Settings
from protocols.errors import MalformedMessage
from protocols.jose.encoding import b64url_decode, b64url_encode

MAX_KEYS = 8
COMMAND_TIMEOUT_S = 20
_EXPECTED = "32 bytes in base64url, 43 characters, one key a line"


def create_master_key(settings: Settings) -> Path | None:
    """Makes the master key's file, readable by its owner only; None where the key comes from elsewhere.

    Raises:
        ConfigurationError: there is a key already, or the file cannot be written.
    """
    if is_given_apart(settings):
        return None
    return write_master_keys(settings, (entropy(KEY_BYTES),))


def is_given_apart(settings: Settings) -> bool:
    """Whether the master key comes from somewhere else than its file."""
    return settings.keys.master is not None or settings.keys.master_command is not None


def write_master_keys(settings: Settings, keys: Sequence[bytes]) -> Path:
    """Writes the master key's file, readable by its owner only: 32 bytes each, the one that seals first.

    Raises:
        ConfigurationError: there is a key already, or the file cannot be written.
    """
    path = settings.master_file
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("".join(f"{b64url_encode(key)}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise ConfigurationError("there is a master key already", found=str(path), expected="a new folder") from error
    except OSError as error:
        raise ConfigurationError("the master key cannot be written", found=f"{path}: {error.strerror}") from error
    return path


def load_master_keys(settings: Settings) -> tuple[bytes, ...]:
    """The master keys, the one that seals first.

    Raises:
        ConfigurationError: there is none, it is malformed, others can read its file, or its command failed.
    """
    if settings.keys.master is not None:
        return _parsed(settings.keys.master.get_secret_value(), "keys.master")
    if settings.keys.command is not None:
        return _parsed(_answer_of(settings.keys.command), "the answer of keys.master_command")
    return _parsed(_content_of(settings.master_file), str(settings.master_file))


def _parsed(text: str, source: str) -> tuple[bytes, ...]:
    lines = re.split(r"[\s,]+", text.strip())
    try:
        keys = tuple(b64url_decode(line.rstrip("=")) for line in lines)
    except MalformedMessage as error:
        raise ConfigurationError("not a master key", found=source, expected=_EXPECTED) from error
    if len(keys) > MAX_KEYS or any(len(key) != KEY_BYTES for key in keys):
        raise ConfigurationError("not a master key", found=source, expected=_EXPECTED)
    return keys


def _answer_of(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=COMMAND_TIMEOUT_S)  # noqa: S603
        return done.stdout[:4096].decode("ascii", "replace")
    except (OSError, IndexError, subprocess.SubprocessError) as error:
        raise ConfigurationError(
            "keys.master_command failed", found=type(error).__name__, expected="exit 0 and the key on its output"
        ) from error


def _content_of(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError("others can read the master key", found=str(path), expected=f"chmod 600 {path}")
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ConfigurationError(
            "no master key",
            found=f"{path}: {error.strerror}",
            expected="a node made by `ler-node init`, or keys.master",
        ) from error
