"""The networks that stories are told in."""

from tests.support.fixtures import network, own_network

__all__ = ["network", "own_network"]
