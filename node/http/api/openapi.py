"""The OpenAPI 3.1 document of the API, made from the operations themselves.

Spec: https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from node.http.api.operation import JSON, AnyOperation
from node.http.api.schema import Empty, Problem
from node.http.problem import MEDIA_TYPE
from protocols.jose.encoding import JsonObject

References = Mapping[tuple[type[BaseModel], JsonSchemaMode], JsonObject]

REFUSALS = {
    "400": "The input does not have the documented form",
    "401": "No token, or an unknown one",
    "403": "The token has not the role",
    "429": "Too many failed tries",
}


def openapi(operations: Sequence[AnyOperation], *, prefix: str, title: str, version: str) -> JsonObject:
    """The whole document; `prefix` stands before every path."""
    references, components = _schemas(operations)
    paths: dict[str, JsonObject] = {}
    for operation in operations:
        paths.setdefault(prefix + operation.path, {})[operation.method.lower()] = _operation(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": components,
            "responses": {
                status: {"description": text, "content": {MEDIA_TYPE: {"schema": references[Problem, "serialization"]}}}
                for status, text in REFUSALS.items()
            },
        },
    }


def _operation(operation: AnyOperation, references: References) -> JsonObject:
    answer: JsonObject = {"description": "Done"}
    if not issubclass(operation.response, Empty):
        answer["content"] = {JSON: {"schema": references[operation.response, "serialization"]}}
    described: JsonObject = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Roles: {', '.join(operation.roles)}.",
        "tags": [operation.path.split("/")[1]],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": {
            str(operation.status): answer,
            **{status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS},
        },
    }
    if not issubclass(operation.body, Empty):
        schema = references[operation.body, "validation"]
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return described


def _path_parameters(operation: AnyOperation) -> Iterable[JsonObject]:
    for name in operation.parameters:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(operation: AnyOperation) -> Iterable[JsonObject]:
    schema = operation.query.model_json_schema()
    for name, member in schema.get("properties", {}).items():
        described = {key: value for key, value in member.items() if key != "description"}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": member.get("description", ""),
            "schema": described,
        }


def _schemas(operations: Sequence[AnyOperation]) -> tuple[References, Mapping[str, Any]]:
    """References by model and mode, and the schemas they refer to."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for operation in operations:
        wanted.append((operation.body, "validation"))
        wanted.append((operation.response, "serialization"))
    references, document = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    return cast(References, references), document.get("$defs", {})
