import pytest

from protocols.flow import Command
from protocols.flows.report_problem import FLOW
from protocols.flows.report_problem.messages import PIURI, ProblemReceived, Report
from tests.support.flows import INSTITUTION, LEARNER, context, outcome, received, sent

BODY = {"code": "e.p.xfer.cant-use-endpoint", "comment": "Unable to use the {1} endpoint for {2}.", "args": ["a", "b"]}


def test_a_report_names_its_thread_and_is_not_answered():
    event = received(PIURI, "problem-report", BODY, pthid="t-1")
    assert FLOW.advance(None, event, context()).effects == (
        ProblemReceived(
            code="e.p.xfer.cant-use-endpoint",
            comment="Unable to use the a endpoint for b.",
            about_thread="t-1",
            sender=LEARNER,
            ours=INSTITUTION,
            report=event.message,
        ),
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (received(PIURI, "problem-report", BODY, pthid="t-1"), (None, ("ProblemReceived",))),
        (received(PIURI, "problem-report", BODY), (None, ())),
        (received(PIURI, "problem-report", BODY, pthid="t-1", sender=None), (None, ())),
        (received(PIURI, "problem-report", {}, pthid="t-1"), (None, ())),
        (received(PIURI, "problem-report", {"code": "E.P.MSG"}, pthid="t-1"), (None, ())),
        (received(PIURI, "problem-report", {"code": "oh no"}, pthid="t-1"), (None, ())),
        (received(PIURI, "problem-report", {"code": "e." + "p." * 100 + "x"}, pthid="t-1"), (None, ())),
        (received(PIURI, "anything-else"), (None, ())),
        (
            Report(ours=LEARNER, theirs=INSTITUTION, about_thread="t-1", code="e.p.msg"),
            (None, ("send problem-report",)),
        ),
        (Command(), "IllegalMove"),
    ],
)
def test_no_report_however_malformed_is_ever_refused_or_answered(event, expected):
    assert outcome(FLOW, None, event) == expected


@pytest.mark.parametrize(
    ("comment", "args", "text"),
    [
        ("plain", None, "plain"),
        ("{1} and {2}", ["a"], "a and ?"),
        ("{1}", [None], "?"),
        ("only {1}", ["a", "b", "c"], "only a, b, c"),
        ("{99}", ["a"], "?, a"),
        ("bell\x07 and\x1b[31m escape", None, "bell and[31m escape"),
        ("x" * 600, None, "x" * 500),
        (["no", "text"], None, ""),
    ],
)
def test_a_comment_is_filled_in_shortened_and_made_harmless(comment, args, text):
    body = {"code": "e.p.msg", "comment": comment, "args": args}
    (problem,) = FLOW.advance(None, received(PIURI, "problem-report", body, pthid="t-1"), context()).effects
    assert problem.comment == text


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("e.p.msg", True),
        ("e.p.me.res.storage.message_too_big", True),
        ("w.p.msg", False),
        ("e.m.req", False),
        ("e.get-pay-details.failed", False),
    ],
)
def test_only_an_error_with_the_scope_of_the_protocol_ends_it(code, ends):
    (problem,) = FLOW.advance(None, received(PIURI, "problem-report", {"code": code}, pthid="t"), context()).effects
    assert problem.ends_protocol is ends


def test_our_own_report_carries_the_thread_as_its_parent():
    command = Report(
        ours=LEARNER, theirs=INSTITUTION, about_thread="t-1", code="e.p.msg", comment="Bad {1}.", args=("thing",)
    )
    (report,) = sent(FLOW.advance(None, command, context()))
    assert (report.pthid, report.thid, report.to) == ("t-1", None, (INSTITUTION,))
    assert report.body == {"code": "e.p.msg", "comment": "Bad {1}.", "args": ["thing"]}
