"""What waits at this node and what was given up. Contents are never shown: they are not ours to read."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, Operation
from node.http.api.schema import MAX_PAGE_ITEMS, ApiModel, Empty, Page
from node.services.queues import Queued
from node.services.tokens import Role
from node.services.wiring import Services

READERS = (Role.OPERATOR, Role.AUDITOR)


class QueuesAnswer(ApiModel):
    """Counts; `mailbox` is what waits for learners' phones."""

    mailbox_count: int
    mailbox_bytes: int
    outbox_waiting: int
    outbox_dead: int
    work_waiting: int
    work_dead: int


class OutboxQuery(ApiModel):
    state: Literal["waiting", "dead"] = Field(default="waiting", description="Still tried, or given up.")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE_ITEMS)


class QueuedAnswer(ApiModel):
    """A message on its way out. `destination` is the DID that it goes to next."""

    id: str
    destination: str
    message_id: str
    state: str
    attempts: int
    next_at: datetime
    expires_at: datetime
    last_error: str | None


async def show(services: Services, call: Call[Empty, Empty]) -> QueuesAnswer:
    counts = await services.queues.counts()
    return QueuesAnswer(
        mailbox_count=counts.mailbox_count,
        mailbox_bytes=counts.mailbox_bytes,
        outbox_waiting=counts.outbox_waiting,
        outbox_dead=counts.outbox_dead,
        work_waiting=counts.work_waiting,
        work_dead=counts.work_dead,
    )


async def outbox(services: Services, call: Call[Empty, OutboxQuery]) -> Page[QueuedAnswer]:
    if call.query.state == "dead":
        found = await services.queues.dead_letters(call.query.limit)
    else:
        found = await services.queues.waiting(call.query.limit)
    return Page[QueuedAnswer](items=[_answer(item) for item in found])


async def resend(services: Services, call: Call[Empty, Empty]) -> Empty:
    await services.queues.resend(call.path["id"])
    return Empty()


def _answer(item: Queued) -> QueuedAnswer:
    return QueuedAnswer(
        id=item.id,
        destination=item.destination,
        message_id=item.message_id,
        state=item.state,
        attempts=item.attempts,
        next_at=item.next_at,
        expires_at=item.expires_at,
        last_error=item.last_error,
    )


OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        method="GET",
        path="/queues",
        summary="How much waits here: mail for learners, messages going out, slow work.",
        roles=READERS,
        body=Empty,
        query=Empty,
        response=QueuesAnswer,
        handler=show,
    ),
    Operation(
        method="GET",
        path="/queues/outbox",
        summary="Messages that wait to go out, the next due first; or those given up, the newest first.",
        roles=READERS,
        body=Empty,
        query=OutboxQuery,
        response=Page[QueuedAnswer],
        handler=outbox,
    ),
    Operation(
        method="POST",
        path="/queues/outbox/{id}/resend",
        summary="Try a message that was given up anew, at once.",
        roles=(Role.OPERATOR,),
        body=Empty,
        query=Empty,
        response=Empty,
        handler=resend,
        status=202,
    ),
)
