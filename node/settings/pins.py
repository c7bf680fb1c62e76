"""Writes one pin into `node.toml`, whose other lines, comments among them, stay as the operator wrote them."""

import os
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from node.errors import ConfigurationError
from node.settings.sources import is_given_apart

_HEADER = "[contexts.allowed]"


def pin_context(data_dir: Path, url: str, digest: str) -> None:
    """Sets `contexts.allowed` for `url`, in place of what stood there.

    Raises:
        ConfigurationError: the settings come from elsewhere, or are written in a way in which this cannot be put in.
    """
    path = data_dir / "node.toml"
    if is_given_apart("contexts__allowed", data_dir) or is_given_apart("contexts", data_dir):
        found = "contexts in the environment or a secret file"
        raise ConfigurationError("contexts cannot be pinned in node.toml", found=found, expected="only node.toml")
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        wanted: dict[str, Any] = tomllib.loads(text)
        wanted.setdefault("contexts", {}).setdefault("allowed", {})[url] = digest
        made = _with_pin(text, url, digest)
        if tomllib.loads(made) != wanted:
            raise ValueError("contexts.allowed is written otherwise")
        _write(path, made)
    except (OSError, ValueError) as error:
        line = f"{_HEADER} with {_line(url, digest)}"
        raise ConfigurationError("node.toml cannot be changed", found=str(error)[:200], expected=line) from error


def _with_pin(text: str, url: str, digest: str) -> str:
    line, lines = _line(url, digest), text.splitlines()
    name = line.partition("=")[0]
    stripped = [each.strip() for each in lines]
    if _HEADER not in stripped:
        return "\n".join([*lines, *([""] if lines else []), _HEADER, line, ""])
    start = stripped.index(_HEADER) + 1
    end = next((at for at in range(start, len(lines)) if stripped[at].startswith("[")), len(lines))
    old = next((at for at in range(start, end) if stripped[at].startswith(name)), None)
    lines[start if old is None else old : start if old is None else old + 1] = [line]
    return "\n".join([*lines, ""])


def _line(url: str, digest: str) -> str:
    return tomli_w.dumps({url: digest}).strip()


def _write(path: Path, text: str) -> None:
    """All of it or nothing, with the rights that the file has."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    beside = path.with_name(f"{path.name}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
