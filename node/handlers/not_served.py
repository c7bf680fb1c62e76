"""What flows may decide in a role that a node does not take: these come to wallets, and a node says so."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.errors import UnexpectedMessage
from protocols.flow import Effect
from protocols.flows.consent.messages import ReceiptArrived
from protocols.flows.consented_relay.messages import AnswerArrived, Unwrap
from protocols.flows.coordinate_mediation.messages import (
    MediationDenied,
    MediationGranted,
    RecipientsListed,
    RecipientsUpdated,
)
from protocols.flows.enrolment.messages import Enrolled
from protocols.flows.issue_credential.messages import CredentialArrived, OfferArrived
from protocols.flows.log_witness.messages import DateArrived
from protocols.flows.present_proof.messages import RequestArrived


def refuse(parts: Parts, unit: Unit, effect: Effect) -> None:
    raise UnexpectedMessage("this node holds no records of its own", expected="a learner's wallet")


PERFORMS = dict.fromkeys(
    (
        AnswerArrived,
        CredentialArrived,
        DateArrived,
        Enrolled,
        MediationDenied,
        MediationGranted,
        OfferArrived,
        ReceiptArrived,
        RecipientsListed,
        RecipientsUpdated,
        RequestArrived,
        Unwrap,
    ),
    refuse,
)
