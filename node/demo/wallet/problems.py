"""What a problem report changes: only what was begun with whoever reports it."""

import sqlite3
from datetime import datetime

from node.demo.wallet.clock import context
from node.demo.wallet.opening import Opened
from node.demo.wallet.rows import messages, relations
from node.demo.wallet.rows.relations import Relation
from protocols.flow import Received, Thread
from protocols.flows.coordinate_mediation import FLOW as MEDIATION
from protocols.flows.enrolment import FLOW as ENROLMENT
from protocols.flows.issue_credential import FLOW as ISSUE
from protocols.flows.issue_credential.states import State as IssueState
from protocols.flows.report_problem.messages import ProblemReceived


def reported(db: sqlite3.Connection, opened: Opened, effect: ProblemReceived, *, now: datetime) -> None:
    """Notes the report; where it is an institution's about a message or thread with it, that ends refused.

    A report by an asker or an exit is noted only: what became of a sharing the exit says by its answer.
    """
    messages.drop(db, effect.code, f"reported: {effect.comment}", now=now)
    relation, about = opened.box.relation, effect.about_thread
    if relation is None:
        return
    words = effect.comment or effect.code
    if (found := messages.sent_by_message(db, about)) is not None:
        messages.settle(db, found.about, "refused")
    is_joining = relation.state not in (relations.READY, relations.REFUSED)
    if is_joining and any(_thread(db, relation, flow.piuri, effect) for flow in (ENROLMENT, MEDIATION)):
        relations.set_relation(db, relation.institution, relations.REFUSED, problem=words)
    offered = _thread(db, relation, ISSUE.piuri, effect)
    if offered is not None:
        event = Received(message=effect.report, sender=effect.sender, ours=relation.mediation)
        ended = ISSUE.advance(offered, event, context(now)).thread or offered
        messages.keep_thread(db, ended)
        if ended.state == IssueState.ABANDONED:
            relations.set_offer(db, relation.mediation, about, "refused", words)
    messages.done(db, about)


def _thread(db: sqlite3.Connection, relation: Relation, flow: str, effect: ProblemReceived) -> Thread | None:
    """The thread that is reported on, where it is one with whoever reports."""
    thread = messages.thread(db, relation.mediation, flow, effect.about_thread)
    return thread if thread is not None and thread.theirs == effect.sender else None
