"""The services that work inside a transaction, as handlers see them."""

from dataclasses import dataclass

from node.services.directory import Directory
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.issuance import Issuance
from node.services.issuance_log import IssuanceLog
from node.services.learners import Learners
from node.services.mailbox import Mailbox
from node.services.presentations import Presentations
from node.services.relay import Entry
from node.services.routing import Routing
from node.services.witnessing import Witnessing
from node.services.work import WorkList


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Whatever effects and reads need; nothing here awaits."""

    flows: FlowRunner
    identity: Identity
    directory: Directory
    entry: Entry
    issuance: Issuance
    issuance_log: IssuanceLog
    learners: Learners
    mailbox: Mailbox
    presentations: Presentations
    routing: Routing
    witnessing: Witnessing
    work: WorkList
    hold_ms_max: int
