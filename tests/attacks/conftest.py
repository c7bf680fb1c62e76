"""The networks that are attacked."""

from tests.support.fixtures import network, own_network

__all__ = ["network", "own_network"]
