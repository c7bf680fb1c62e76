"""What every test may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The shared vectors and data, read in place; tests that need them are skipped where they are absent."""
    folder = Path(os.environ.get("SHARED_DIR") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "vectors").is_dir():
        pytest.skip(f"no vectors at {folder}: set SHARED_DIR")
    return folder
