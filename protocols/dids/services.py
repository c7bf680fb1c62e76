"""The services of a DID document, and the DIDComm endpoints among them in each form that peers write.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#did-document-service-endpoint
"""

from collections.abc import Sequence
from typing import Any

from protocols.dids.did import absolute
from protocols.dids.document import Endpoint, Service
from protocols.dids.shapes import as_list, as_object
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject

MAX_SERVICES = 32
MAX_ENDPOINTS = 16
MAX_ROUTING_KEYS = 16
DIDCOMM = "DIDCommMessaging"


def parse_services(items: Sequence[Any], did: str) -> tuple[Service, ...]:
    """The services in document order.

    Raises:
        DidError: one without id or type, a DIDCommMessaging one of the wrong form, or more than 32.
    """
    if len(items) > MAX_SERVICES:
        raise DidError("too many services", found=str(len(items)), expected=f"at most {MAX_SERVICES}")
    return tuple(_service(item, did) for item in items)


def _service(item: Any, did: str) -> Service:
    raw = as_object(item)
    if raw is None:
        raise DidError("a service that is not an object", expected="a JSON object")
    types = _strings(raw.get("type"), "type")
    if not isinstance(raw.get("id"), str) or not types:
        raise DidError("a service without id or type", expected="two strings")
    type_ = DIDCOMM if DIDCOMM in types else types[0]
    endpoints = _endpoints(raw, did) if type_ == DIDCOMM else ()
    return Service(id=absolute(did, raw["id"]), type=type_, endpoints=endpoints, raw=raw)


def _endpoints(service: JsonObject, did: str) -> tuple[Endpoint, ...]:
    """A URI, an object, or an array of either; a bare URI has `accept` and `routingKeys` beside it (older peers)."""
    value = service.get("serviceEndpoint")
    values = as_list(value)
    values = [value] if values is None else values
    if len(values) > MAX_ENDPOINTS:
        raise DidError("too many endpoints", found=str(len(values)), expected=f"at most {MAX_ENDPOINTS}")
    return tuple(_endpoint(item, service, did) for item in values)


def _endpoint(item: Any, service: JsonObject, did: str) -> Endpoint:
    fields = {**service, "uri": item} if isinstance(item, str) else as_object(item)
    if fields is None:
        raise DidError("a DIDComm endpoint of the wrong form", expected="a URI or an object with uri")
    uri = fields.get("uri")
    if not isinstance(uri, str) or not uri or len(uri) > 2048:
        raise DidError("a DIDComm endpoint without uri", expected="a URI of at most 2048 characters")
    keys = _strings(fields.get("routingKeys"), "routingKeys")
    if len(keys) > MAX_ROUTING_KEYS:
        raise DidError("too many routing keys", found=str(len(keys)), expected=f"at most {MAX_ROUTING_KEYS}")
    return Endpoint(
        uri=uri,
        accept=_strings(fields.get("accept"), "accept"),
        routing_keys=tuple(absolute(did, key) for key in keys),
    )


def _strings(value: Any, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    items = as_list(value)
    if items is None or not all(isinstance(item, str) for item in items):
        raise DidError(f"{name} is not a list of strings", expected="a list of strings")
    return tuple(items)
