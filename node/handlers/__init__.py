"""What each flow's effects and reads mean on this node, found by a scan.

A module here names what it performs and what it loads:

    PERFORMS = {Deposit: deposit}      # (Parts, Unit, effect) -> None
    READS = {"mailbox": mailbox}       # (Parts, Unit, arguments) -> a JSON-like value

Adding a flow adds one module and edits no other. Handlers call services inside the unit of work they are given;
they await nothing and never call each other.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flow import Effect, Read

Perform = Callable[[Parts, Unit, Any], None]
Load = Callable[[Parts, Unit, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Handlers:
    """All performers and loaders of this node (implements `node.services.performers.Performers`)."""

    parts: Parts
    performs: Mapping[type[Effect], Perform]
    reads: Mapping[str, Load]

    def read(self, unit: Unit, read: Read) -> Any:
        return self.reads[read.kind](self.parts, unit, read.arguments)

    def perform(self, unit: Unit, effect: Effect) -> None:
        self.performs[type(effect)](self.parts, unit, effect)


def discover(parts: Parts) -> Handlers:
    """Every module of this package, joined; two that claim the same effect or read are a fault of ours."""
    performs: dict[type[Effect], Perform] = {}
    reads: dict[str, Load] = {}
    for found in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(found.name)
        for table, name in ((performs, "PERFORMS"), (reads, "READS")):
            for key, function in getattr(module, name, {}).items():
                if key in table:
                    raise LookupError(f"{found.name}: {key} is handled twice")
                table[key] = function  # pyright: ignore[reportArgumentType]
    return Handlers(parts, performs, reads)
