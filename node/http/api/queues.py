"""What waits at this node and what was given up. Contents are never shown: they are not ours to read."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import MAX_PAGE_ITEMS, ApiModel, Empty, Page, page
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


async def show_queues(services: Services, call: Call[Empty, Empty]) -> QueuesAnswer:
    return QueuesAnswer.model_validate(await services.queues.counts())


async def list_outbox(services: Services, call: Call[Empty, OutboxQuery]) -> Page[QueuedAnswer]:
    if call.query.state == "dead":
        found = await services.queues.dead_letters(call.query.limit)
    else:
        found = await services.queues.waiting(call.query.limit)
    return page(QueuedAnswer, found, call.query.limit, "id")


async def resend_message(services: Services, call: Call[Empty, Empty]) -> Empty:
    await services.queues.resend(call.path["id"])
    return Empty()


OPERATIONS: tuple[AnyOperation, ...] = (
    read("/queues", "How much waits here: mail for learners, messages going out, slow work.", READERS, show_queues),
    read(
        "/queues/outbox",
        "Messages that wait to go out, the next due first; or those given up, the newest first.",
        READERS,
        list_outbox,
    ),
    write(
        "/queues/outbox/{id}/resend",
        "Try a message that was given up anew, at once.",
        (Role.OPERATOR,),
        resend_message,
        status=202,
    ),
)
