from datetime import timedelta

import pytest

from protocols.didcomm.message import Attachment
from protocols.didcomm.problem import PROBLEM_REPORT
from protocols.dids.key import did_key
from protocols.errors import EnvelopeError, MalformedMessage, ProtocolError, TooLarge, UnsupportedMessage
from protocols.flow import Command, Received, Thread
from protocols.flows.issue_credential import FLOW
from protocols.flows.issue_credential.holder_binding import FORMAT, check_holder_proof, holder_proof
from protocols.flows.issue_credential.messages import (
    CREDENTIAL_FORMAT,
    PIURI,
    Abandon,
    CredentialArrived,
    CredentialRequested,
    Issue,
    Offer,
    OfferArrived,
    Request,
)
from protocols.flows.issue_credential.states import State
from protocols.jose.encoding import digest_json
from protocols.jose.jws import sign_compact
from protocols.jose.keys import PrivateKey
from tests.support.flows import INSTITUTION, LEARNER, NOW, STRANGER, context, outcome, play_table, received, sent

KEY = PrivateKey.from_secret("Ed25519", b"\x01" * 32)
HOLDER = did_key(KEY.public)
SIGNER = KEY.named(f"{HOLDER}#{HOLDER.removeprefix('did:key:')}")
OTHER_KEY = PrivateKey.from_secret("Ed25519", b"\x02" * 32)
OTHER = did_key(OTHER_KEY.public)
CREDENTIAL = {"type": ["VerifiableCredential", "OpenBadgeCredential"], "credentialSubject": {"id": HOLDER}}
PREVIEW = {"type": "https://didcomm.org/issue-credential/3.0/credential-credential", "body": {"attributes": []}}
THREAD = "t-1"


def _proof(signer=SIGNER, *, issuer=INSTITUTION, thread_id=THREAD, now=NOW):
    return holder_proof(signer, issuer=issuer, thread_id=thread_id, now=now)


def _thread(role, state, **data):
    ours, theirs = (INSTITUTION, LEARNER) if role == "issuer" else (LEARNER, INSTITUTION)
    return Thread(id=THREAD, flow=PIURI, role=role, state=str(state), ours=ours, theirs=theirs, data=data)


def _from_learner(name, *attachments, body=None, sender=LEARNER):
    return received(PIURI, name, body, sender=sender, ours=INSTITUTION, thid=THREAD, attachments=attachments)


def _from_issuer(name, *attachments, body=None, sender=INSTITUTION):
    return received(PIURI, name, body, sender=sender, ours=LEARNER, thid=THREAD, attachments=attachments)


def _request(did=HOLDER, jwt=None, sender=LEARNER):
    binding = Attachment(id="holder", format=FORMAT, json={"did": did, "jwt": jwt or _proof()})
    return _from_learner("request-credential", binding, sender=sender)


def _issued(credential=CREDENTIAL, sender=INSTITUTION):
    return _from_issuer("issue-credential", Attachment(format=CREDENTIAL_FORMAT, json=credential), sender=sender)


def _report(sender, ours, code="e.p.msg"):
    event = received(PROBLEM_REPORT.rpartition("/")[0], "problem-report", {"code": code}, sender=sender, pthid=THREAD)
    return Received(message=event.message, sender=sender, ours=ours)


OFFER = Offer(thread_id=THREAD, ours=INSTITUTION, theirs=LEARNER, preview=PREVIEW)
REQUEST = Request(holder_did=HOLDER, proof_jwt=_proof())
ISSUER_EVENTS = {
    "Offer": lambda: OFFER,
    "Issue": lambda: Issue(credential=CREDENTIAL),
    "Request": lambda: REQUEST,
    "Abandon": Abandon,
    "another command": Command,
    "propose-credential": lambda: _from_learner("propose-credential"),
    "offer-credential": lambda: _from_learner("offer-credential", body={"credential_preview": PREVIEW}),
    "request-credential": _request,
    "issue-credential": lambda: _from_learner(
        "issue-credential", Attachment(format=CREDENTIAL_FORMAT, json=CREDENTIAL)
    ),
    "ack": lambda: _from_learner("ack", body={"status": "OK"}),
    "problem-report": lambda: _report(LEARNER, INSTITUTION),
    "unknown": lambda: _from_learner("revoke-credential"),
}
ISSUER_THREADS = {
    "none": None,
    "offer-sent": _thread("issuer", State.OFFER_SENT),
    "request-received": _thread("issuer", State.REQUEST_RECEIVED, holder_did=HOLDER),
    "credential-issued": _thread("issuer", State.CREDENTIAL_ISSUED, holder_did=HOLDER),
    "done": _thread("issuer", State.DONE, holder_did=HOLDER),
    "abandoned": _thread("issuer", State.ABANDONED),
}
ISSUER_LEGAL = {
    ("none", "Offer"): ("offer-sent", ("send offer-credential",)),
    ("none", "offer-credential"): ("offer-received", ("OfferArrived",)),
    ("none", "problem-report"): (None, ()),
    ("offer-sent", "request-credential"): ("request-received", ("CredentialRequested",)),
    ("request-received", "request-credential"): ("request-received", ()),
    ("request-received", "Issue"): ("credential-issued", ("send issue-credential",)),
    ("credential-issued", "request-credential"): ("credential-issued", ()),
    ("credential-issued", "Issue"): ("credential-issued", ()),
    ("credential-issued", "ack"): ("done", ()),
    ("done", "request-credential"): ("done", ()),
    ("done", "Issue"): ("done", ()),
    ("done", "ack"): ("done", ()),
    ("done", "problem-report"): ("done", ()),
    ("abandoned", "Abandon"): ("abandoned", ()),
    ("abandoned", "problem-report"): ("abandoned", ()),
    **{
        (state, "problem-report"): ("abandoned", ())
        for state in ("offer-sent", "request-received", "credential-issued")
    },
    **{
        (state, "Abandon"): ("abandoned", ("send problem-report",))
        for state in ("offer-sent", "request-received", "credential-issued")
    },
}
HOLDER_EVENTS = {
    "Offer": lambda: OFFER,
    "Issue": lambda: Issue(credential=CREDENTIAL),
    "Request": lambda: REQUEST,
    "Abandon": Abandon,
    "another command": Command,
    "propose-credential": lambda: _from_issuer("propose-credential"),
    "offer-credential": lambda: _from_issuer("offer-credential", body={"credential_preview": PREVIEW}),
    "request-credential": lambda: _from_issuer(
        "request-credential", Attachment(format=FORMAT, json={"did": HOLDER, "jwt": _proof()})
    ),
    "issue-credential": _issued,
    "ack": lambda: _from_issuer("ack", body={"status": "OK"}),
    "problem-report": lambda: _report(INSTITUTION, LEARNER),
    "unknown": lambda: _from_issuer("revoke-credential"),
}
HOLDER_THREADS = {
    "offer-received": _thread("holder", State.OFFER_RECEIVED),
    "request-sent": _thread("holder", State.REQUEST_SENT, holder_did=HOLDER),
    "done": _thread("holder", State.DONE, holder_did=HOLDER, credential=digest_json(CREDENTIAL)),
    "abandoned": _thread("holder", State.ABANDONED),
}
HOLDER_LEGAL = {
    ("offer-received", "Request"): ("request-sent", ("send request-credential",)),
    ("request-sent", "issue-credential"): ("done", ("CredentialArrived", "send ack")),
    ("done", "issue-credential"): ("done", ("send ack",)),
    ("done", "problem-report"): ("done", ()),
    ("abandoned", "Abandon"): ("abandoned", ()),
    ("abandoned", "problem-report"): ("abandoned", ()),
    **{(state, "problem-report"): ("abandoned", ()) for state in ("offer-received", "request-sent")},
    **{(state, "Abandon"): ("abandoned", ("send problem-report",)) for state in ("offer-received", "request-sent")},
}
COMMANDS = {"Offer", "Issue", "Request", "Abandon", "another command"}


def _refused(threads, events):
    def refusal(event):
        if event in COMMANDS:
            return "IllegalMove"
        return "MalformedMessage" if event == "unknown" else "UnexpectedMessage"

    return {(state, event): refusal(event) for state in threads for event in events}


def test_the_issuer_s_table_of_states_and_events_is_complete():
    table = {**_refused(ISSUER_THREADS, ISSUER_EVENTS), **ISSUER_LEGAL}
    assert play_table(FLOW, ISSUER_THREADS, ISSUER_EVENTS, table) == {}


def test_the_holder_s_table_of_states_and_events_is_complete():
    table = {**_refused(HOLDER_THREADS, HOLDER_EVENTS), **HOLDER_LEGAL}
    assert play_table(FLOW, HOLDER_THREADS, HOLDER_EVENTS, table) == {}


def test_the_tables_name_every_state():
    assert {*ISSUER_THREADS, *HOLDER_THREADS} - {"none"} == set(State)


def test_an_issuance_between_two_parties_runs_to_the_end_on_both_sides():
    issuer = FLOW.advance(None, OFFER, context())
    holder = FLOW.advance(None, _arrives(issuer, INSTITUTION, LEARNER), context())
    offer = sent(issuer)[0]
    assert holder.effects == (
        OfferArrived(thread_id=THREAD, ours=LEARNER, issuer=INSTITUTION, preview=PREVIEW, offer=offer),
    )
    holder = FLOW.advance(holder.thread, REQUEST, context())
    issuer = FLOW.advance(issuer.thread, _arrives(holder, LEARNER, INSTITUTION), context())
    assert issuer.effects == (CredentialRequested(thread_id=THREAD, holder_did=HOLDER),)
    issuer = FLOW.advance(issuer.thread, Issue(credential=CREDENTIAL), context())
    holder = FLOW.advance(holder.thread, _arrives(issuer, INSTITUTION, LEARNER), context())
    assert holder.effects[0] == CredentialArrived(thread_id=THREAD, issuer=INSTITUTION, credential=CREDENTIAL)
    issuer = FLOW.advance(issuer.thread, _arrives(holder, LEARNER, INSTITUTION), context())
    assert (issuer.thread.state, holder.thread.state) == ("done", "done")


def _arrives(step, sender, ours):
    return Received(message=sent(step)[0], sender=sender, ours=ours)


def test_an_offer_without_a_thread_starts_one_under_its_own_id():
    step = FLOW.advance(None, Offer(ours=INSTITUTION, theirs=LEARNER, preview=PREVIEW, comment="Well done"), context())
    (offer,) = sent(step)
    assert (step.thread.id, offer.id, offer.thid) == ("id-1", "id-1", "id-1")
    assert offer.body == {"comment": "Well done", "credential_preview": PREVIEW}


def test_the_credential_travels_as_json_and_asks_for_an_acknowledgement():
    (message,) = sent(FLOW.advance(ISSUER_THREADS["request-received"], Issue(credential=CREDENTIAL), context()))
    attached = Attachment(
        id="credential", format="aries/ld-proof-vc@v1.0", media_type="application/vc", json=CREDENTIAL
    )
    assert (message.attachments, message.please_ack, message.thid) == ((attached,), ("",), THREAD)


def test_the_acknowledgement_names_the_message_it_answers():
    ack = sent(FLOW.advance(HOLDER_THREADS["request-sent"], _issued(), context()))[0]
    assert (ack.type, ack.body, ack.ack, ack.thid) == (f"{PIURI}/ack", {"status": "OK"}, ("in-1",), THREAD)


def test_giving_up_tells_the_other_side_in_a_child_thread():
    (report,) = sent(FLOW.advance(HOLDER_THREADS["offer-received"], Abandon(), context()))
    assert (report.type, report.pthid, report.to) == (PROBLEM_REPORT, THREAD, (INSTITUTION,))
    assert report.body == {"code": "e.p.issuance-abandoned", "comment": "The issuance was abandoned."}


@pytest.mark.parametrize(
    ("thread", "event", "expected"),
    [
        (ISSUER_THREADS["offer-sent"], _request(sender=None), "Unauthorized"),
        (ISSUER_THREADS["offer-sent"], _request(sender=STRANGER), "Unauthorized"),
        (ISSUER_THREADS["credential-issued"], _from_learner("ack", sender=STRANGER), "Unauthorized"),
        (ISSUER_THREADS["offer-sent"], _report(STRANGER, INSTITUTION), "Unauthorized"),
        (ISSUER_THREADS["offer-sent"], _report(LEARNER, INSTITUTION, "w.p.slow"), ("offer-sent", ())),
        (ISSUER_THREADS["offer-sent"], _report(LEARNER, INSTITUTION, "e.m.req"), ("offer-sent", ())),
        (HOLDER_THREADS["request-sent"], _issued(sender=None), "Unauthorized"),
        (HOLDER_THREADS["request-sent"], _issued(sender=STRANGER), "Unauthorized"),
        (HOLDER_THREADS["done"], _issued({**CREDENTIAL, "name": "another"}), "UnexpectedMessage"),
        (ISSUER_THREADS["request-received"], _request(did=OTHER), "UnexpectedMessage"),
        (None, _from_issuer("offer-credential", body={"credential_preview": PREVIEW}, sender=None), "Unauthorized"),
        (None, _from_issuer("offer-credential"), "MalformedMessage"),
        (None, _from_issuer("offer-credential", body={"credential_preview": {"x": "y" * 70_000}}), "TooLarge"),
        (ISSUER_THREADS["offer-sent"], _from_learner("request-credential"), "MalformedMessage"),
        (ISSUER_THREADS["offer-sent"],
         _from_learner("request-credential", Attachment(format=FORMAT, json={"did": HOLDER})), "MalformedMessage"),
        (ISSUER_THREADS["offer-sent"], _request(did=OTHER), "EnvelopeError"),
        (HOLDER_THREADS["request-sent"], _from_issuer("issue-credential"), "MalformedMessage"),
        (HOLDER_THREADS["request-sent"], _issued(["not", "an", "object"]), "MalformedMessage"),
    ],
)  # fmt: skip
def test_attacks_and_malformed_messages_are_refused(thread, event, expected):
    assert outcome(FLOW, thread, event) == expected


def test_a_credential_over_its_limit_is_refused():
    with pytest.raises(TooLarge):
        FLOW.advance(HOLDER_THREADS["request-sent"], _issued({"x": "y" * 262_144}), context())


def test_a_proof_holds_for_its_issuer_and_thread():
    check_holder_proof(HOLDER, _proof(), issuer=INSTITUTION, thread_id=THREAD, now=NOW + timedelta(hours=23))
    check_holder_proof(HOLDER, _proof(KEY.named(HOLDER)), issuer=INSTITUTION, thread_id=THREAD, now=NOW)


def _claims(**changes):
    claims = {"aud": INSTITUTION, "thid": THREAD, "iat": int(NOW.timestamp()), **changes}
    return sign_compact(claims, SIGNER, typ="ler-holder-proof+jwt")


@pytest.mark.parametrize(
    ("did", "jwt", "error"),
    [
        pytest.param(OTHER, _proof(), EnvelopeError, id="made by another key"),
        pytest.param(OTHER, _proof(KEY.named(OTHER)), EnvelopeError, id="made by another key that claims to be it"),
        pytest.param(HOLDER, _proof(OTHER_KEY.named(HOLDER)), EnvelopeError, id="signed by somebody else"),
        pytest.param(HOLDER, _proof(issuer="did:web:other.example"), EnvelopeError, id="for another issuer"),
        pytest.param(HOLDER, _proof(thread_id="t-2"), EnvelopeError, id="for another offer"),
        pytest.param(HOLDER, _proof(now=NOW - timedelta(hours=25)), EnvelopeError, id="too old"),
        pytest.param(HOLDER, _proof(now=NOW + timedelta(minutes=6)), EnvelopeError, id="from the future"),
        pytest.param(HOLDER, _claims(iat="now"), MalformedMessage, id="iat is text"),
        pytest.param(HOLDER, _claims(iat=True), MalformedMessage, id="iat is a truth value"),
        pytest.param(HOLDER, _claims(aud=[INSTITUTION]), EnvelopeError, id="several audiences"),
        pytest.param(HOLDER, sign_compact({}, SIGNER, typ="JWT"), MalformedMessage, id="another type of token"),
        pytest.param(HOLDER, _proof()[:-6] + "AAAAAA", ProtocolError, id="altered signature"),
        pytest.param(HOLDER, "x" * 5000, TooLarge, id="too long"),
        pytest.param("did:web:me.example", _proof(), UnsupportedMessage, id="not a did:key"),
        pytest.param("did:key:znonsense0", _proof(), MalformedMessage, id="no key in it"),
        pytest.param(
            did_key(PrivateKey.from_secret("X25519", b"\x03" * 32).public),
            _proof(),
            UnsupportedMessage,
            id="cannot sign",
        ),
    ],
)
def test_a_proof_that_does_not_hold_is_refused(did, jwt, error):
    with pytest.raises(error):
        check_holder_proof(did, jwt, issuer=INSTITUTION, thread_id=THREAD, now=NOW)
