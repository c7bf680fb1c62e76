"""Networks for tests: one that all stories of a room share, and one of its own for a story that disturbs others.

A conftest.py imports these; tests of such a room share one event loop: `pytestmark = SHARED_LOOP`.
"""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.network import Network

SHARED_LOOP = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    """For stories that leave nodes, memberships and clocks as they were."""
    async with Network(tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def own_network(tmp_path: Path) -> AsyncIterator[Network]:
    """For one story that suspends, stops or moves clocks."""
    async with Network(tmp_path) as made:
        yield made


logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a tick found its job running is no news
