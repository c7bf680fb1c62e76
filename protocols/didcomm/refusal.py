"""The one thing said about an envelope that does not open, whatever the cause."""

from protocols.errors import EnvelopeError


def refused() -> EnvelopeError:
    """The same error for every cause: a peer that probes learns nothing from it."""
    return EnvelopeError("the envelope does not open")
