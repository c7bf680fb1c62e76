"""Logs: one line an event, nothing personal (threat M7)."""

import io
import json
import logging
from typing import Any

import pytest

from node.errors import Unreachable
from node.log import PERSONAL, capture_libraries, create_log
from protocols.errors import MalformedMessage


class Lines:
    """A log and what it wrote."""

    def __init__(self, **options: Any) -> None:
        self._stream = io.StringIO()
        self.log = create_log(**{"format": "json", **options}, stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def test_an_event_is_one_line_with_its_time_first() -> None:
    lines = Lines()

    lines.log.info("message accepted", type="https://didcomm.org/x", id="1", bytes=3, ok=True, via=None)

    (line,) = lines.all()
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "message accepted",
        "type": "https://didcomm.org/x",
        "id": "1",
        "bytes": 3,
        "ok": True,
        "via": None,
    }


def test_what_is_below_the_level_is_not_written() -> None:
    lines = Lines(level="warning")

    lines.log.debug("a")
    lines.log.info("b")
    lines.log.warning("c")
    lines.log.error("d")

    assert [line["event"] for line in lines.all()] == ["c", "d"]


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_a_field_with_a_personal_or_secret_name_is_not_written(name: str) -> None:
    lines = Lines()

    lines.log.info("x", **{name: "CANARY"}, nested={"deep": [{name.upper(): "CANARY"}]})

    assert "CANARY" not in lines.text
    assert lines.all()[0][name] == "[redacted]"


@pytest.mark.parametrize(
    "did",
    [
        "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd",
        "did:peer:2.Vz6Mk.Ez6LS.SeyJ0IjoiZG0ifQ",
        "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "did:jwk:eyJjcnYiOiJQLTI1NiJ9",
    ],
)
def test_the_did_of_a_person_is_a_mark_that_stays_the_same_for_one_run_only(did: str) -> None:
    first, second = Lines(), Lines()

    for lines in (first, second):
        lines.log.info("a", to=did)
        lines.log.info(f"b {did}", key=f"{did}#k", many=[did], **{"map": {did: 1}})

    assert did.split(":")[2][:12] not in first.text
    marks = [first.all()[0]["to"], first.all()[1]["many"][0], next(iter(first.all()[1]["map"]))]
    assert len(set(marks)) == 1
    assert first.all()[1]["key"] == f"{marks[0]}#k"
    assert second.all()[0]["to"] != marks[0]


def test_an_organisation_is_named() -> None:
    lines = Lines()

    lines.log.info("a", peer="did:web:college.example:path")

    assert lines.all()[0]["peer"] == "did:web:college.example:path"


@pytest.mark.parametrize("text", ["ann@example.edu", "mail to Ann.B+c@mail.example.edu failed", "<a@b.no>"])
def test_a_mail_address_is_not_written_wherever_it_stands(text: str) -> None:
    lines = Lines()

    lines.log.info(text, at=text, many=[text])

    assert "@" not in lines.text


def test_bytes_and_long_texts_are_not_written_out() -> None:
    lines = Lines()

    lines.log.info("a", raw=b"CANARY", long="x" * 10_000, deep=[[[[[["CANARY" * 1000]]]]]])

    assert lines.all()[0]["raw"] == "[6 bytes]"
    assert len(lines.all()[0]["long"]) == 500
    assert len(lines.text) < 1500


def test_a_line_break_in_a_value_makes_no_second_line() -> None:
    lines = Lines()

    lines.log.info("a\nb", id='1"}\n{"event": "forged"}')

    assert len(lines.text.splitlines()) == 1


def test_an_exception_is_its_type_and_where_it_came_from_and_not_what_it_says() -> None:
    lines = Lines()

    try:
        int("CANARY")
    except ValueError as error:
        lines.log.error("failed", exc_info=True)
        lines.log.error("failed", exc_info=error)

    assert "CANARY" not in lines.text
    for line in lines.all():
        assert line["error"] == "ValueError"
        assert line["raised_at"][-1].startswith("test_log.py:")
        assert "detail" not in line


@pytest.mark.parametrize("error", [Unreachable("no connection"), MalformedMessage("not JSON", found="x")])
def test_an_exception_of_ours_says_its_detail(error: Exception) -> None:
    lines = Lines()

    lines.log.warning("failed", exc_info=error)

    assert lines.all()[0]["detail"] == str(error)


def test_libraries_say_where_and_not_what() -> None:
    lines = Lines()
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        capture_libraries(lines.log)
        logging.getLogger("some.library").info("CANARY")
        logging.getLogger("some.library").warning("CANARY %s", "CANARY")
        try:
            int("CANARY")
        except ValueError:
            logging.getLogger("some.library").exception("CANARY")
    finally:
        root.handlers, root.level = before, level

    assert "CANARY" not in lines.text
    assert [(line["level"], line["event"], line["logger"]) for line in lines.all()] == [
        ("warning", "library spoke", "some.library"),
        ("error", "library spoke", "some.library"),
    ]
    assert lines.all()[1]["error"] == "ValueError"


def test_people_on_a_terminal_get_lines_for_people() -> None:
    lines = Lines(format="console")

    lines.log.info("node ready", port=8101)

    assert "node ready" in lines.text
    assert "port=8101" in lines.text
    assert not lines.text.startswith("{")


def test_auto_is_json_where_nobody_watches() -> None:
    lines = Lines(format="auto")

    lines.log.info("node ready")

    assert lines.all()[0]["event"] == "node ready"
