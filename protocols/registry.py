"""Which flow answers a message type: every package under `protocols.flows`, found by a scan.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#message-type-uri
"""

import importlib
import pkgutil
import re
from collections.abc import Iterable

import protocols.flows
from protocols.flow import FlowSpec

_MAX_TYPE_CHARS = 512
_PIURI = re.compile(r"(?P<doc_uri>.*[/?&:;=])(?P<name>[A-Za-z0-9._\-]+)/(?P<major>\d+)\.\d+\Z")

_Family = tuple[str, str, int]
"""(document URI, protocol name without case and punctuation, major version): one flow at most answers each."""


class Registry:
    """The flows of this program, by what they answer to. Made once, at start.

    Raises:
        ValueError: two flows claim one protocol, or a PIURI is not one.
    """

    def __init__(self, specs: Iterable[FlowSpec]) -> None:
        self.specs: tuple[FlowSpec, ...] = tuple(sorted(specs, key=lambda spec: spec.piuri))
        self._families: dict[_Family, FlowSpec] = {}
        for spec in self.specs:
            for piuri in (spec.piuri, *spec.aliases):
                family = _family(piuri)
                if family is None:
                    raise ValueError(f"not a protocol identifier: {piuri}")
                if family in self._families:
                    raise ValueError(f"two flows for one protocol: {piuri} and {self._families[family].piuri}")
                self._families[family] = spec

    def find(self, message_type: str) -> FlowSpec | None:
        """The flow for a message type URI, None when this program does not speak that protocol.

        Any minor version of the major one that we speak will do, and the protocol's name is compared without case
        and punctuation; its document URI is compared as it stands.
        """
        return self.of(message_type.rpartition("/")[0])

    def of(self, piuri: str) -> FlowSpec | None:
        """The flow for a protocol identifier, by the same rules."""
        family = _family(piuri)
        return None if family is None else self._families.get(family)


def discover() -> Registry:
    """Every flow under `protocols.flows`.

    Raises:
        ValueError: a package without a `FLOW`, or two that claim one protocol.
    """
    return Registry(_flow_of(found.name) for found in pkgutil.iter_modules(protocols.flows.__path__))


def _flow_of(package: str) -> FlowSpec:
    spec = getattr(importlib.import_module(f"protocols.flows.{package}"), "FLOW", None)
    if not isinstance(spec, FlowSpec):
        raise ValueError(f"protocols.flows.{package} has no FLOW")
    return spec


def _family(piuri: str) -> _Family | None:
    match = _PIURI.match(piuri) if len(piuri) <= _MAX_TYPE_CHARS else None
    if match is None:
        return None
    return match["doc_uri"], re.sub(r"[._\-]", "", match["name"]).lower(), int(match["major"])
