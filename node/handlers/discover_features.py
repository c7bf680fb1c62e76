"""discover-features 2.0 on this node: the protocols it speaks are told to anyone."""

from collections.abc import Mapping
from typing import Any

from node.services.parts import Parts
from node.services.performers import Unit

PROFILE = {"feature-type": "accept", "id": "didcomm/v2"}


def features(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    protocols = [
        {"feature-type": "protocol", "id": spec.piuri, "roles": list(spec.roles)} for spec in parts.flows.registry.specs
    ]
    return [*protocols, PROFILE]


READS = {"features": features}
