"""Errors as problem documents: every class has its row, and nothing of a failure of ours is shown."""

import importlib
import pkgutil

import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

import node
import protocols
from node.errors import BadInput, ConfigurationError, EngineError, NodeError, NotFound, RateLimited
from node.http.problem import INTERNAL, KINDS, invalid_input, kind_of, problem_document, problem_response
from protocols.errors import IllegalMove, MalformedMessage, ProtocolError, TooLarge

SHOWN_AS_INTERNAL = {NodeError, IllegalMove}


def subclasses(trunk: type[Exception]) -> list[type[Exception]]:
    found = [trunk]
    for child in trunk.__subclasses__():
        found += subclasses(child)
    return found


def test_every_error_of_both_trunks_has_a_problem() -> None:
    for package in (node, protocols):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith((".__main__", ".env")) and ".versions" not in module.name:
                importlib.import_module(module.name)
    for error in (*subclasses(ProtocolError), *subclasses(NodeError)):
        nearest = next(ancestor for ancestor in error.__mro__ if ancestor in KINDS)
        kind = KINDS[nearest]
        assert (kind is INTERNAL) == (error in SHOWN_AS_INTERNAL), error
        assert 400 <= kind.status <= 599


def test_a_type_uri_names_one_title() -> None:
    titles: dict[str, set[str]] = {}
    for kind in KINDS.values():
        titles.setdefault(kind.slug, set()).add(kind.title)
    assert {slug: names for slug, names in titles.items() if len(names) > 1} == {}


def test_a_refusal_says_what_was_found_and_what_is_expected() -> None:
    assert problem_document(NotFound("no such learner", found="l-7", expected="an id from the listing")) == {
        "type": "https://w3id.org/ler-exchange/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "no such learner",
        "found": "l-7",
        "expected": "an id from the listing",
    }


def test_a_child_without_a_row_of_its_own_is_as_clear_as_its_parent() -> None:
    class OddMessage(MalformedMessage):
        pass

    assert kind_of(OddMessage("odd")) == KINDS[MalformedMessage]


@pytest.mark.parametrize("error", [RuntimeError("Ada's diploma"), NodeError("Ada's diploma"), IllegalMove("Ada's")])
def test_a_failure_of_ours_says_nothing_about_itself(error: Exception) -> None:
    document = problem_document(error)
    assert document == {
        "type": "https://w3id.org/ler-exchange/problems/internal",
        "title": "This node failed",
        "status": 500,
        "detail": "an error inside this node; its log has the request id",
    }


def test_statuses_follow_the_error() -> None:
    assert [kind_of(error).status for error in (TooLarge(""), EngineError(""), ConfigurationError(""))] == [
        413,
        500,
        500,
    ]


def test_a_limit_says_when_to_come_back() -> None:
    response = problem_response(RateLimited("too many", retry_after_s=17))
    assert (response.status, response.headers["Retry-After"]) == (429, "17")
    assert response.content_type == "application/problem+json"


def test_a_wrong_method_is_answered_with_the_right_ones() -> None:
    response = problem_response(web.HTTPMethodNotAllowed("PUT", ["POST", "GET"]))
    assert (response.status, response.headers["Allow"]) == (405, "GET, POST")
    assert problem_document(web.HTTPMethodNotAllowed("PUT", ["POST", "GET"]))["expected"] == "GET, POST"


class Skill(BaseModel):
    model_config = ConfigDict(extra="forbid")
    uri: str


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")
    skills: list[Skill]
    days: int


@pytest.mark.parametrize(
    ("value", "detail", "found", "expected"),
    [
        (
            {"skills": [{"uri": "u"}, {"uri": 3}], "days": 1},
            "the body does not have the documented form at skills[1].uri",
            "3",
            "Input should be a valid string",
        ),
        (
            {"skills": []},
            "the body does not have the documented form at days",
            "nothing",
            "Field required",
        ),
        (
            {"skills": [], "days": 1, "dayz": {"secret": 1}},
            "the body does not have the documented form at dayz",
            "an object",
            "no such member",
        ),
        (
            {"skills": [], "days": "x" * 1000},
            "the body does not have the documented form at days",
            "'" + "x" * 119 + "…",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_a_body_of_the_wrong_form_is_told_the_path_of_the_wrong_member(
    value: object, detail: str, found: str, expected: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Wanted.model_validate(value)
    error = invalid_input(caught.value, "body")
    assert isinstance(error, BadInput)
    assert (error.detail, error.found, error.expected) == (detail, found, expected)
