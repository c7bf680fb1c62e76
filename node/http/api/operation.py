"""One operation of the API as a value, and the aiohttp handler made from it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from aiohttp import web
from pydantic import BaseModel, ValidationError

from node.errors import BadInput
from node.http.api.schema import Empty
from node.http.auth import authorize
from node.http.problem import WrongMediaType, invalid_input
from node.keys import SERVICES
from node.services.tokens import Principal, Role
from node.services.wiring import Services
from protocols.jose.encoding import parse_object

JSON = "application/json"
MAX_PATH_VALUE_CHARACTERS = 200

Body = TypeVar("Body", bound=BaseModel)
Query = TypeVar("Query", bound=BaseModel)
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Body, Query]):
    """What one request asks, checked: `path` holds the values of the braces in the operation's path."""

    body: Body
    query: Query
    path: Mapping[str, str]
    principal: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Body, Query, Answer]):
    """One method on one path, under `/api/v1`.

    Args:
        summary: one sentence, shown in the documentation.
        roles: who may; one of them is enough.
        body: the form of the JSON body, Empty where none is taken.
        query: the form of the query, Empty where none is taken.
        status: of the answer when all went well.
    """

    method: str
    path: str
    summary: str
    roles: tuple[Role, ...]
    body: type[Body]
    query: type[Query]
    response: type[Answer]
    handler: Callable[[Services, Call[Body, Query]], Awaitable[Answer]]
    status: int = 200
    lists: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        properties = self.query.model_json_schema().get("properties", {})
        lists = frozenset(name for name, schema in properties.items() if schema.get("type") == "array")
        object.__setattr__(self, "lists", lists)

    @property
    def name(self) -> str:
        """Its name in the OpenAPI document: that of its handler, `enrol_learner`."""
        return self.handler.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the braces of `path`."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    async def serve(self, request: web.Request) -> web.Response:
        """Roles, then form, then the handler; every refusal is raised and becomes a problem document."""
        principal = await authorize(request, self.roles)
        call = Call(
            body=await self._read_body(request),
            query=self._read_query(request),
            path=_path_values(request),
            principal=principal,
        )
        answer = await self.handler(request.app[SERVICES], call)
        if self.status == HTTPStatus.NO_CONTENT:
            return web.Response(status=self.status)
        return web.Response(status=self.status, text=answer.model_dump_json(by_alias=True), content_type=JSON)

    async def _read_body(self, request: web.Request) -> Body:
        raw = await request.read()
        if issubclass(self.body, Empty) and not raw:
            return self.body()
        if request.content_type != JSON:
            raise WrongMediaType("the body has the wrong media type", found=request.content_type, expected=JSON)
        parse_object(raw)  # pydantic's own parser takes duplicate names, NaN and any depth
        try:
            return self.body.model_validate_json(raw, strict=True)
        except ValidationError as error:
            raise invalid_input(error, "body") from None  # pydantic's text quotes the whole input

    def _read_query(self, request: web.Request) -> Query:
        values: dict[str, Any] = {}
        for name in request.query:
            given = request.query.getall(name)
            if name not in self.lists and len(given) > 1:
                raise BadInput(f"the query has {name} more than once", found=f"{len(given)} times", expected="once")
            values[name] = given if name in self.lists else given[0]
        try:
            return self.query.model_validate(values)
        except ValidationError as error:
            raise invalid_input(error, "query") from None


AnyOperation = Operation[Any, Any, Any]
"""An operation in a list with others: the types of its parts fit one another, and nobody outside looks at them."""
AnyHandler = Callable[[Services, Call[Any, Any]], Awaitable[BaseModel]]


def read(path: str, summary: str, roles: tuple[Role, ...], handler: AnyHandler) -> AnyOperation:
    """A GET; the forms of its query and answer are those that `handler` is annotated with."""
    return _operation("GET", path, summary, roles, handler, HTTPStatus.OK)


def write(
    path: str, summary: str, roles: tuple[Role, ...], handler: AnyHandler, *, method: str = "POST", status: int = 200
) -> AnyOperation:
    """What changes something; the forms of its body and answer are those that `handler` is annotated with."""
    return _operation(method, path, summary, roles, handler, status)


def _operation(
    method: str, path: str, summary: str, roles: tuple[Role, ...], handler: AnyHandler, status: int
) -> AnyOperation:
    hints = get_type_hints(handler)
    body, query = get_args(hints["call"])
    return Operation(
        method=method,
        path=path,
        summary=summary,
        roles=roles,
        body=body,
        query=query,
        response=hints["return"],
        handler=handler,
        status=status,
    )


def _path_values(request: web.Request) -> Mapping[str, str]:
    for name, value in request.match_info.items():
        if len(value) > MAX_PATH_VALUE_CHARACTERS:
            raise BadInput(
                f"{name} in the path is too long",
                found=f"{len(value)} characters",
                expected=f"at most {MAX_PATH_VALUE_CHARACTERS}",
            )
    return dict(request.match_info)
