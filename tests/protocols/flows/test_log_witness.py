from datetime import timedelta
from typing import Any

import pytest

from protocols.errors import IllegalMove
from protocols.flow import Command
from protocols.flows.log_witness import FLOW
from protocols.flows.log_witness.messages import (
    MAX_CREDENTIAL_ID_CHARACTERS,
    PIURI,
    Cosign,
    CosignatureArrived,
    DateArrived,
    JudgeHead,
    ShowHead,
    ShownAgain,
    TellDate,
)
from protocols.trust.issuance_log.head import MAX_TOKEN_BYTES
from protocols.trust.issuance_log.inclusion import MAX_PROOF_BYTES
from protocols.trust.issuance_log.merkle import MAX_PATH, MAX_SIZE
from tests.support.flows import INSTITUTION, LEARNER, NOW, context, outcome, received, sent

WITNESS = "did:web:employer.example"
HASH = "A" * 43
HEAD = {"head": "h.e.ad", "earlier": 16, "path": [HASH]}
DATE = {"credential": "urn:badge", "proof": {"type": "LerIssuanceProof"}}


@pytest.mark.parametrize(
    ("command", "name", "body", "to"),
    [
        (
            ShowHead(
                ours=INSTITUTION,
                theirs=WITNESS,
                head="h.e.ad",
                earlier=16,
                path=(bytes(32),),
                expires_at=NOW + timedelta(hours=2),
            ),
            "head",
            HEAD,
            WITNESS,
        ),
        (Cosign(ours=WITNESS, theirs=INSTITUTION, cosignature="c.o.s"), "cosignature", {"jws": "c.o.s"}, INSTITUTION),
        (Cosign(ours=WITNESS, theirs=INSTITUTION, signed=0), "cosignature", {"signed": 0}, INSTITUTION),
        (
            TellDate(ours=INSTITUTION, theirs=LEARNER, credential="urn:badge", proof=DATE["proof"]),
            "inclusion",
            DATE,
            LEARNER,
        ),
    ],
)
def test_every_command_sends_its_one_message(command: Any, name: str, body: dict[str, Any], to: str) -> None:
    [message] = sent(FLOW.advance(None, command, context()))
    assert (message.type, message.body, message.sender, message.to) == (f"{PIURI}/{name}", body, command.ours, (to,))
    assert message.expires_time == (NOW + timedelta(hours=2) if name == "head" else None)


@pytest.mark.parametrize(
    ("name", "body", "effect"),
    [
        ("head", HEAD, JudgeHead(issuer=LEARNER, head="h.e.ad", earlier=16, path=(bytes(32),))),
        ("cosignature", {"jws": "c.o.s"}, CosignatureArrived(witness=LEARNER, cosignature="c.o.s")),
        ("cosignature", {"signed": MAX_SIZE}, ShownAgain(witness=LEARNER, signed=MAX_SIZE)),
        ("inclusion", DATE, DateArrived(issuer=LEARNER, credential="urn:badge", proof=DATE["proof"])),
    ],
)
def test_every_message_is_what_its_authenticated_sender_says(name: str, body: Any, effect: Any) -> None:
    assert FLOW.advance(None, received(PIURI, name, body), context()).effects == (effect,)


@pytest.mark.parametrize(
    ("name", "body"),
    [("head", HEAD), ("cosignature", {"jws": "c.o.s"}), ("cosignature", {"signed": 1}), ("inclusion", DATE)],
)
def test_an_anonymous_sender_is_refused(name: str, body: Any) -> None:
    assert outcome(FLOW, None, received(PIURI, name, body, sender=None)) == "Unauthorized"


@pytest.mark.parametrize(
    ("name", "body", "refusal"),
    [
        ("heads", HEAD, "MalformedMessage"),
        ("head", {}, "MalformedMessage"),
        ("head", {**HEAD, "head": 7}, "MalformedMessage"),
        ("head", {**HEAD, "head": ""}, "MalformedMessage"),
        ("head", {**HEAD, "head": "x" * (MAX_TOKEN_BYTES + 1)}, "MalformedMessage"),
        ("head", {**HEAD, "earlier": -1}, "StatementRefused"),
        ("head", {**HEAD, "earlier": True}, "StatementRefused"),
        ("head", {**HEAD, "earlier": "16"}, "StatementRefused"),
        ("head", {**HEAD, "earlier": MAX_SIZE + 1}, "StatementRefused"),
        ("head", {**HEAD, "path": None}, "StatementRefused"),
        ("head", {**HEAD, "path": HASH}, "StatementRefused"),
        ("head", {**HEAD, "path": [HASH] * (MAX_PATH + 1)}, "StatementRefused"),
        ("head", {**HEAD, "path": [HASH[1:]]}, "StatementRefused"),
        ("head", {**HEAD, "path": [[HASH]]}, "StatementRefused"),
        ("cosignature", {}, "StatementRefused"),
        ("cosignature", {"jws": None}, "MalformedMessage"),
        ("cosignature", {"jws": "x" * (MAX_TOKEN_BYTES + 1)}, "MalformedMessage"),
        ("cosignature", {"signed": -1}, "StatementRefused"),
        ("cosignature", {"signed": MAX_SIZE + 1}, "StatementRefused"),
        ("inclusion", {}, "MalformedMessage"),
        ("inclusion", {**DATE, "proof": [DATE["proof"]]}, "MalformedMessage"),
        ("inclusion", {**DATE, "credential": ""}, "MalformedMessage"),
        ("inclusion", {**DATE, "credential": 7}, "MalformedMessage"),
        ("inclusion", {**DATE, "credential": "x" * (MAX_CREDENTIAL_ID_CHARACTERS + 1)}, "MalformedMessage"),
        ("inclusion", {**DATE, "proof": {"path": "x" * MAX_PROOF_BYTES}}, "TooLarge"),
    ],
)
def test_what_has_another_form_or_size_is_refused(name: str, body: Any, refusal: str) -> None:
    assert outcome(FLOW, None, received(PIURI, name, body)) == refusal


def test_a_command_of_another_flow_is_our_own_fault() -> None:
    with pytest.raises(IllegalMove):
        FLOW.advance(None, Command(), context())
