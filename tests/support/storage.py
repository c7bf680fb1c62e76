"""Storage for tests: the real thing on a file, its schema made once a run and copied."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from node.storage.engine import DEFAULT_URL, open_storage, upgrade_sqlite
from node.storage.unit import Storage

FILE = "node.sqlite3"


@cache
def _empty_database() -> Path:
    path = Path(mkdtemp(prefix="ler-schema-")) / FILE
    upgrade_sqlite(path)
    return path


def storage_in(data_dir: Path, **options) -> Storage:
    """A SQLite storage in `data_dir` with every table, not started; what stands there already is kept."""
    if not (data_dir / FILE).exists():
        shutil.copy(_empty_database(), data_dir / FILE)
    return open_storage(DEFAULT_URL, data_dir=data_dir, **options)
