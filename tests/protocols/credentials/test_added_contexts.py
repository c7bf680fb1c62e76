"""A context that an operator adds gives new terms a meaning, and changes nothing that stands beside it."""

import json
from typing import Any

import pytest

from protocols.credentials.canonical import Reading, canonical_rdf
from protocols.credentials.contexts import CREDENTIALS_V2, OPEN_BADGES, Contexts, contexts_named
from protocols.credentials.rdf.added import MAX_BYTES, check_added
from protocols.errors import MalformedCredential, ProtocolError, TooLarge

URL = "https://college.example/contexts/grades.jsonld"
GRADE = "https://college.example/terms#grade"
PROTECTED = "a context that redefines a protected term"
REFERS = "a context that refers to another context, or resets what is in force"
SETS = "a context that sets a keyword for all that stands beside it"


def context(value: Any) -> bytes:
    return json.dumps({"@context": value}).encode()


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"a": "https://college.example/terms#a"}
    for level in range(depth):
        made = {f"a{level}": {"@id": f"https://college.example/terms#a{level}", "@context": made}}
    return made


@pytest.mark.parametrize(
    "value",
    [
        {"grade": GRADE},
        [{"@version": 1.1, "@protected": True, "grade": GRADE}, {"marks": "https://college.example/terms#marks"}],
        {"c": "https://college.example/terms#", "grade": {"@id": "c:grade", "@container": "@set"}},
        {"Course": {"@id": GRADE, "@context": {"@propagate": False, "hours": "https://college.example/terms#h"}}},
        {"name": "https://schema.org/name", "id": "@id"},
        nested(5),
    ],
    ids=["a term", "two parts", "a prefix", "a scope", "what built-in contexts say too", "scopes within one another"],
)
def test_new_terms_may_be_added(value: Any) -> None:
    check_added(URL, context(value))


REFUSED: dict[str, tuple[bytes, type[ProtocolError], str, str | None]] = {
    "a protected term": (context({"name": "https://x.example/n"}), MalformedCredential, PROTECTED, "name"),
    "a protected type": (
        context({"VerifiableCredential": "https://x.example/v"}),
        MalformedCredential,
        PROTECTED,
        "VerifiableCredential",
    ),
    "a term of a scope": (context({"issuer": "https://x.example/i"}), MalformedCredential, PROTECTED, "issuer"),
    "a term of a badge": (
        context({"achievement": "https://x.example/a"}),
        MalformedCredential,
        PROTECTED,
        "achievement",
    ),
    "a protected term in a scope": (
        context({"a": {"@id": "https://x.example/a", "@context": {"issuer": "https://x.example/i"}}}),
        MalformedCredential,
        PROTECTED,
        "issuer",
    ),
    "a second spelling": (
        context({"chair": "https://www.w3.org/2018/credentials#issuer"}),
        MalformedCredential,
        "a context that has another name for issuer",
        "chair",
    ),
    "a keyword's other name": (
        context({"ident": "@id"}),
        MalformedCredential,
        "a context that has another name for a keyword",
        "ident",
    ),
    "a keyword's other name by way of another": (
        context({"ident": "id"}),
        MalformedCredential,
        "a context that has another name for a keyword",
        "ident",
    ),
    "a vocabulary": (context({"@vocab": "https://x.example/"}), MalformedCredential, SETS, "@vocab"),
    "an import": (context({"@import": "https://x.example/c"}), MalformedCredential, SETS, "@import"),
    "another context": (context([CREDENTIALS_V2, {"grade": GRADE}]), MalformedCredential, REFERS, CREDENTIALS_V2),
    "nothing in force": (context(None), MalformedCredential, REFERS, "None"),
    "a term without meaning": (
        context({"grade": None}),
        MalformedCredential,
        "a context that takes a term its meaning",
        "grade",
    ),
    "not JSON": (b"<html>", MalformedCredential, "not a JSON-LD context", "not JSON"),
    "a list": (b"[]", MalformedCredential, "not a JSON-LD context", "not a JSON object"),
    "no context": (b'{"grade": 1}', MalformedCredential, "a document without @context", "grade"),
    "not JSON-LD 1.1": (
        context({"@version": 2}),
        MalformedCredential,
        "not a JSON-LD context",
        "Unsupported JSON-LD version: 2",
    ),
    "too big": (b" " * (MAX_BYTES + 1), TooLarge, "a context too large", f"{MAX_BYTES + 1} bytes"),
    "too deep": (context(json.loads("[" * 40 + "]" * 40)), TooLarge, "JSON nested too deeply", None),
    "scopes too deep": (context(nested(6)), TooLarge, "contexts too deep within one another", "7"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_whatever_does_more_is_refused(fault: str) -> None:
    data, kind, detail, found = REFUSED[fault]
    with pytest.raises(kind) as refused:
        check_added(URL, data)
    assert (refused.value.detail, refused.value.found) == (detail, found)
    assert refused.value.expected


@pytest.mark.parametrize(
    "url", ["ftp://college.example/c", "urn:c", "college.example", "https://", f"{URL}#terms", CREDENTIALS_V2, " "]
)
def test_it_is_at_a_web_address_of_its_own(url: str) -> None:
    with pytest.raises(MalformedCredential) as refused:
        check_added(url, context({"grade": GRADE}))
    assert (refused.value.found, bool(refused.value.expected)) == (url, True)


def test_what_it_names_is_read_and_nothing_else_is() -> None:
    reading = Reading(contexts=Contexts(added=((URL, context({"grade": GRADE})),)))
    document = {"@context": [CREDENTIALS_V2, URL], "id": "urn:a", "type": "VerifiableCredential", "grade": "A"}
    assert f'<urn:a> <{GRADE}> "A" .' in canonical_rdf(document, reading).decode()
    with pytest.raises(ProtocolError):
        canonical_rdf({**document, "mark": "A"}, reading)
    with pytest.raises(ProtocolError, match="unknown JSON-LD context"):
        canonical_rdf(document)


def test_contexts_are_found_wherever_they_are_named() -> None:
    inner = {"@context": URL, "verifiableCredential": [{"@context": [OPEN_BADGES, {"a": "https://x.example/a"}]}]}
    assert contexts_named({"@context": [CREDENTIALS_V2], "held": [inner]}) == {CREDENTIALS_V2, URL, OPEN_BADGES}
    assert contexts_named("text") == frozenset()
