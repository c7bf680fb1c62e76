"""The import contracts hold, and each of them would notice what it is there for."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

OFFENCES = {
    "protocols-layers": ("protocols/jose/keys.py", "from protocols.credentials import model"),
    "node-layers": ("node/services/tokens.py", "import node.http.problem"),
    "protocols-know-no-node": ("protocols/errors.py", "import node.errors"),
    "protocols-pure": ("protocols/dids/web.py", "import socket"),
    "flows-independent": ("protocols/flows/routing/machine.py", "from protocols.flows.trust_ping import messages"),
    "tables-in-storage": ("node/services/health.py", "from sqlalchemy import text"),
    "http-at-the-edges": ("node/services/inbox.py", "from aiohttp import web"),
    "didkit-contained": ("node/adapters/fetch.py", "import didkit"),
    "wallet-on-its-own": ("node/demo/wallet/offence.py", "import node.clock"),
}


def lint(folder: Path) -> dict[str, str]:
    """KEPT or BROKEN by the name of each contract."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    found = re.findall(r"^(.+?) (KEPT|BROKEN)\s*$", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    assert done.returncode == (1 if "BROKEN" in dict(found).values() else 0)
    return {name.strip(): outcome for name, outcome in found}


def contracts() -> dict[str, str]:
    """The name of each contract by its id."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in listed}


def test_every_room_knows_only_what_it_may() -> None:
    assert lint(ROOT) == dict.fromkeys(contracts().values(), "KEPT")


def test_each_contract_notices_its_offence(tmp_path: Path) -> None:
    assert set(OFFENCES) == set(contracts())
    for name in ("protocols", "node"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line in OFFENCES.values():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for package in (tmp_path / "node/demo", file.parent):
            package.mkdir(exist_ok=True)
            (package / "__init__.py").touch()
        with file.open("a") as text:
            text.write(f"\n{line}\n")
    assert lint(tmp_path) == dict.fromkeys(contracts().values(), "BROKEN")
