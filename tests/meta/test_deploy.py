"""Compose, container and systemd files name only what there is: settings, files, locked packages."""

import re
from pathlib import Path

import pytest

from node.settings import Settings
from node.settings.sources import NESTED, NOT_SETTINGS, PREFIX, is_setting

ROOT = Path(__file__).resolve().parents[2]
DEPLOYED = ("docker-compose.yml", "deploy/Containerfile", "deploy/systemd/ler-node.service", "deploy/caddy/Caddyfile")
OF_COMPOSE = {"LER_DOMAIN", "LER_UPSTREAM"}
"""Read by compose and the front, not by the node; `LER_DOMAIN` is never passed on to it."""


@pytest.mark.parametrize("file", DEPLOYED)
def test_every_setting_that_is_named_exists(file: str) -> None:
    names = set(re.findall(r"\bLER_[A-Z_]+", (ROOT / file).read_text())) - OF_COMPOSE - NOT_SETTINGS
    unknown = [name for name in names if not is_setting(Settings, name.removeprefix(PREFIX).lower().split(NESTED))]
    assert unknown == []


def test_the_container_copies_what_is_there_and_all_that_is_served() -> None:
    text = (ROOT / "deploy/Containerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M) for name in line.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"requirements.lock", "pyproject.toml", "protocols", "node"} <= set(copied)


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_locked_packages_have_hashes_and_come_from_no_named_place(file: str) -> None:
    text = (ROOT / file).read_text()
    packages = re.findall(r"^[a-z0-9][^\s=]*==[^\n]*(?:\n\s+[^\n]*)*", text, re.M)
    assert len(packages) > 30
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text
