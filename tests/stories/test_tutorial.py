"""The tutorial's first section does what it says: six commands, typed as they stand, and two nodes trust each other."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from aiohttp.test_utils import unused_port

from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from protocols.trust.directory import read_directory
from protocols.trust.jwks import parse_jwks
from protocols.trust.standing import Role
from protocols.trust.statement import MAX_STATEMENT_BYTES
from tests.support.commands import ENVIRONMENT, ROOT

SECTION = "## In a minute: two nodes that trust each other"
MOST_COMMANDS = 6
WITHIN_S = 120
NAMES = ("network", "college")


def blocks() -> list[str]:
    """The shell blocks of the section, as they stand."""
    text = (ROOT / "docs" / "tutorial.md").read_text()
    section = text.partition(f"{SECTION}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """Every command in a block: continued lines joined, pipes and lists taken apart."""
    lines = block.replace("\\\n", " ").splitlines()
    parts = [part.strip() for line in lines for part in re.split(r"\|\|?|&&|;|&(?=\s|$)", line)]
    return [part for part in parts if part and not part.startswith("#")]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def with_free_ports(text: str) -> str:
    """The text as it stands; where one of its ports is taken on this machine, with another in its place."""
    for port in sorted(set(re.findall(r"\b81\d\d\b", text))):
        if not is_free(int(port)):
            text = text.replace(port, str(unused_port()))
    return text


@pytest.fixture
def shell(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A shell in an empty folder, with the environment's programs on its path; what it started ends with it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{ENVIRONMENT['PATH']}"
    environment = {**ENVIRONMENT, "PATH": path, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        ["bash", "-e"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            yield shell
        finally:
            os.killpg(shell.pid, signal.SIGKILL)


def typed(shell: "subprocess.Popen[str]", text: str) -> str:
    """What the shell printed until all of `text` was done; fails where it ended instead."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{text}\necho -n DONE\n")
    shell.stdin.flush()
    printed = ""
    while not printed.endswith("DONE"):
        letter = shell.stdout.read(1)
        assert letter, printed
        printed += letter
    return printed.removesuffix("DONE")


def states(shell: "subprocess.Popen[str]", name: str) -> dict[str, str]:
    listed: list[dict[str, Any]] = json.loads(typed(shell, f"ler-node network directory --data {name} --json"))
    return {each["name"]: each["state"] for each in listed}


def in_good_standing(port: str) -> set[str]:
    """Who is, by what the node there publishes; checked as a stranger would who has the anchor's keys."""
    with urlopen(f"http://127.0.0.1:{port}/federation/directory", timeout=5) as answer:
        document = parse_object(answer.read(), max_bytes=1024 * 1024)
    keys = parse_compact(document["anchor"], max_bytes=MAX_STATEMENT_BYTES).claims
    now = datetime.now(UTC)
    listed = read_directory(document, {keys["iss"]: parse_jwks(keys["jwks"])}, now)
    roles: dict[str, Role] = {"Lakeside College": "issuer", "Lakes Credential Network": "relay"}
    return {each.name for each in listed if each.name and each.standing(roles[each.name], now).outcome == "yes"}


def test_the_section_has_no_more_commands_than_it_says() -> None:
    found = commands(blocks()[0])
    assert len(found) == MOST_COMMANDS
    assert [each.split("ler-node ")[1].split()[0] for each in found] == [
        "init",
        "init",
        "serve",
        "serve",
        "network",
        "network",
    ]


def test_commands_are_counted_however_they_are_joined() -> None:
    assert commands("a \\\n  --b; c && d | e &\n# no\nf || g") == ["a    --b", "c", "d", "e", "f", "g"]


def test_typed_as_it_stands_it_leads_to_two_nodes_that_trust_each_other(
    shell: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    first, _, last = (with_free_ports(block) for block in blocks())
    begun = time.monotonic()
    typed(shell, first)
    both = {"Lakes Credential Network": "member", "Lakeside College": "member"}
    ports = re.findall(r"--listen 127\.0\.0\.1:(\d+)", first)
    while any(states(shell, it) != both for it in NAMES) or any(in_good_standing(it) != set(both) for it in ports):
        assert time.monotonic() - begun < WITHIN_S, (tmp_path / "college.log").read_text()
        time.sleep(0.5)
    assert time.monotonic() - begun < WITHIN_S
    trusted = json.loads(typed(shell, "ler-node network directory --role issuer --state member --data network --json"))
    assert [each["name"] for each in trusted] == ["Lakeside College"]
    typed(shell, last)
    assert [name for name in NAMES if (tmp_path / name).exists()] == []
