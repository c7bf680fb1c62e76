"""What verbs use that work on the data directory itself, without a running node."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from node.adapters.keystore import open_keystore
from node.app import create_storage
from node.clock import SystemClock
from node.services.identity import Identity
from node.settings import Settings
from node.storage.unit import Storage


@asynccontextmanager
async def opened_storage(settings: Settings) -> AsyncGenerator[Storage]:
    """The node's database, for as long as the verb needs it."""
    storage = create_storage(settings)
    try:
        await storage.start()
        yield storage
    finally:
        await storage.close()


def identity_of(settings: Settings, storage: Storage) -> Identity:
    """The identity in `storage`, not loaded; raises ConfigurationError where there is no master key."""
    return Identity(
        storage=storage,
        keystore=open_keystore(settings),
        clock=SystemClock(),
        did=settings.did,
        base_url=settings.base_url,
        name=settings.name,
    )
