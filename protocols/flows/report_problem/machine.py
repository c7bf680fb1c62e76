"""Every decision of report-problem 2.0.

A problem report is never answered, not even a malformed one: two programs that answer each other's errors with
errors do not stop. What cannot be believed or read is dropped.
"""

from protocols.didcomm.problem import parse_problem
from protocols.errors import IllegalMove, MalformedMessage
from protocols.flow import Context, Effect, Event, Received, Send, Step, Thread
from protocols.flows.report_problem import messages
from protocols.flows.report_problem.messages import ProblemReceived, Report


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    """A report by an authenticated sender about a thread they name leads to `ProblemReceived`; all else to nothing."""
    match event:
        case Report():
            return Step(effects=(Send(message=messages.problem_report(event, id=context.new_id(), now=context.now)),))
        case Received():
            return Step(effects=_believed(event))
        case _:
            raise IllegalMove(f"{type(event).__name__} in report-problem 2.0")


def _believed(event: Received) -> tuple[Effect, ...]:
    if event.message.name != "problem-report" or event.sender is None:
        return ()
    try:
        problem = parse_problem(event.message)
    except MalformedMessage:
        return ()
    received = ProblemReceived(
        code=problem.code,
        comment=messages.read_comment(event.message),
        about_thread=problem.about,
        sender=event.sender,
        ours=event.ours,
        report=event.message,
    )
    return (received,)
