"""A served node for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.settings import Settings
from tests.support.served import Served, make_node, served_node


@pytest.fixture
def node_settings(tmp_path: Path) -> Settings:
    return make_node(tmp_path / "node")


@pytest_asyncio.fixture
async def served(node_settings: Settings) -> AsyncIterator[Served]:
    async with served_node(node_settings) as node:
        yield node
