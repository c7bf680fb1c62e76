"""Problem reports: what a peer is told, when it is told nothing, and what is read of its own."""

import dataclasses

import pytest

from protocols.didcomm.message import Message, parse_message
from protocols.didcomm.problem import (
    COMMENTS,
    PROBLEM_REPORT,
    ProblemReport,
    parse_problem,
    problem_report,
)
from protocols.errors import EnvelopeError, Expired, MalformedMessage, ProtocolError, UnsupportedMessage
from tests.support.parties import lunch, party

ALICE, BOB = party("alice"), party("bob")
ABOUT = lunch(ALICE, BOB, thid="t-1")


def report(error: ProtocolError, about: Message = ABOUT, **changes: int) -> Message | None:
    return problem_report(error, about=about, id="p-1", ours=BOB.did, **changes)


def test_a_report_names_the_thread_the_code_and_the_facts():
    error = UnsupportedMessage("that format is not spoken here", found="hlindy", expected="ler@v1")

    assert report(error) == Message(
        id="p-1",
        type=PROBLEM_REPORT,
        sender=BOB.did,
        to=(ALICE.did,),
        pthid="t-1",
        ack=("m-1",),
        body={
            "code": "e.p.msg.unsupported",
            "comment": COMMENTS["e.p.msg.unsupported"],
            "args": ["that format is not spoken here", "hlindy", "ler@v1"],
        },
    )


def test_the_comment_is_the_same_for_the_same_code():
    first, second = (report(MalformedMessage(text)) for text in ("one", "two"))

    assert first is not None
    assert second is not None
    assert first.body["comment"] == second.body["comment"]
    assert (first.body["args"], second.body["args"]) == (["one", "?", "?"], ["two", "?", "?"])


def test_cryptographic_failures_are_told_without_any_detail():
    one, other = report(EnvelopeError("a", found="b")), report(EnvelopeError("c", expected="d"))

    assert one == other
    assert one is not None
    assert one.body == {"code": "e.p.trust.crypto", "comment": "Cryptographic operation failed."}


def all_errors(base: type[ProtocolError] = ProtocolError) -> list[type[ProtocolError]]:
    return [base, *(found for each in base.__subclasses__() for found in all_errors(each))]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_each_error_makes_a_report_that_reads_back(error):
    made = report(error("detail"))

    assert made is not None
    read = parse_problem(parse_message(made.to_json()))
    assert (read.code, read.about) == (error.code, "t-1")
    assert not read.is_warning


def test_nobody_is_told_about_an_anonymous_message_or_about_a_report():
    assert report(Expired("late"), lunch(None, BOB)) is None
    assert report(Expired("late"), dataclasses.replace(ABOUT, type=PROBLEM_REPORT)) is None
    pickup = "https://didcomm.org/message-pickup/4.0/problem-report"
    assert report(Expired("late"), dataclasses.replace(ABOUT, type=pickup)) is None


def test_a_thread_with_too_many_errors_is_given_up_once_and_then_left_alone():
    codes = [
        None if made is None else made.body["code"]
        for made in (report(Expired("late"), sent_before=count) for count in (0, 7, 8, 9))
    ]

    assert codes == ["e.p.req.time", "e.p.req.time", "e.p.req.max-errors-exceeded", None]


def test_a_peers_report_is_read_and_cut():
    body = {
        "code": "w.m.xfer.cant-use-endpoint",
        "comment": "x" * 1000,
        "args": ["a", 2, None, *["b"] * 40],
        "escalate_to": "mailto:admin@example.org",
    }

    read = parse_problem(Message(id="1", type=PROBLEM_REPORT, pthid="t-1", body=body))

    assert read == ProblemReport(
        code="w.m.xfer.cant-use-endpoint",
        about="t-1",
        comment="x" * 512,
        args=("a", "2", "None", *["b"] * 13),
        escalate_to="mailto:admin@example.org",
    )
    assert read.is_warning


@pytest.mark.parametrize("code", [None, 1, "", "p.e.msg", "e.p.MSG", "e." + "a." * 50 + "a"])
def test_a_report_without_a_code_is_refused(code):
    with pytest.raises(MalformedMessage):
        parse_problem(Message(id="1", type=PROBLEM_REPORT, pthid="t-1", body={"code": code}))


def test_a_report_about_nothing_is_refused():
    with pytest.raises(MalformedMessage):
        parse_problem(Message(id="1", type=PROBLEM_REPORT, body={"code": "e.p.msg"}))
