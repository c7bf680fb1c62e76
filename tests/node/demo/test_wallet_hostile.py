"""What strangers, a curious entry and an asker out of turn can send to a wallet, and what becomes of it: nothing."""

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from node.demo.wallet import Wallet
from node.demo.wallet.errors import Refused, Unreachable, WalletError
from node.demo.wallet.rows import messages
from node.demo.wallet.transport import Transport, check_origins
from protocols.didcomm.envelope import pack_authcrypt
from protocols.didcomm.message import Attachment, Message
from protocols.didcomm.problem import PROBLEM_REPORT
from protocols.flows.consent.messages import PIURI as CONSENT
from protocols.flows.consented_relay.messages import BACK, RELAY
from protocols.flows.enrolment.messages import PIURI as ENROLMENT
from protocols.jose.encoding import canonical_json, parse_object
from protocols.requests.request import Purpose, parse_request, sign_request
from tests.support.loopback import serving
from tests.support.parties import entropy_of
from tests.support.wallet_world import (
    ANCHOR,
    BUDGETS,
    EMPLOYER,
    RIVAL,
    World,
    new_id,
    request_jws,
)


def dropped(wallet: Wallet) -> list[str]:
    """Why each thing that was thrown away was."""
    with wallet.store.read() as db:
        return [str(row["detail"]) for row in messages.dropped(db)]


async def contacted(world: World, wallet: Wallet) -> tuple[Any, Any]:
    await wallet.follow(world.ask_link)
    return world.subject()


async def test_a_request_by_another_than_the_asker_is_thrown_away_unread(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    asked_before = len(world.requests)
    world.ask(request_jws(), subject=subject, way=way, by=RIVAL)
    await wallet.sync()
    assert (wallet.requests(), dropped(wallet)) == ([], ["from somebody who may not write here"])
    assert (RIVAL.name, "/.well-known/did.json") not in world.requests[asked_before:]


async def test_a_request_by_the_exit_is_thrown_away(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    world.ask(request_jws(), subject=subject, way=way, by=ANCHOR)
    await wallet.sync()
    assert (wallet.requests(), dropped(wallet)) == ([], ["nothing that a wallet is told there"])


async def test_another_s_request_passed_on_by_the_asker_is_thrown_away(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    stolen = replace(parse_request(request_jws()), issuer=RIVAL.did, kid="")
    world.ask(sign_request(stolen, RIVAL.key("issue-1")), subject=subject, way=way)
    await wallet.sync()
    assert (wallet.requests(), dropped(wallet)) == ([], ["a request of another than who sends it"])


async def test_a_request_whose_signature_does_not_hold_is_thrown_away(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    header, _, signature = request_jws().split(".")
    other = request_jws(purpose=Purpose(code="hiring", text="Something nobody signed")).split(".")[1]
    world.ask(f"{header}.{other}.{signature}", subject=subject, way=way)
    await wallet.sync()
    assert (wallet.requests(), dropped(wallet)) == ([], ["the request is not signed by who sends it"])


async def test_a_message_for_a_per_asker_did_that_did_not_come_out_of_its_mailbox_is_thrown_away(
    world: World, wallet: Wallet
):
    """An entry that tries whether a per-asker DID it heard of is its learner's gets no sign of it."""
    subject, way = await contacted(world, wallet)
    world.ask(request_jws(), subject=subject, way=way)
    ((id, _),) = world.mail.items()
    del world.mail[id]
    message = Message(id=new_id(), type=f"{CONSENT}/receipt", sender=EMPLOYER.did, to=(subject.id,))
    packed = pack_authcrypt(
        message,
        sender=EMPLOYER.agreement,
        recipients=subject.keys_for("keyAgreement", "X25519"),
        entropy=entropy_of("direct"),
    )
    world.deposit(packed)
    await wallet.sync()
    assert dropped(wallet) == ["it came another way than what is written to this address comes"]


async def test_what_is_wrapped_for_one_asker_s_mailbox_cannot_be_for_another_box(world: World, wallet: Wallet):
    _, way = await contacted(world, wallet)
    world.to_learner(Message(id=new_id(), type=f"{ENROLMENT}/enrolled", created_time=world.clock.now()))
    ((id, envelope),) = world.mail.items()
    del world.mail[id]
    world.wrap(parse_object(envelope), way.mailbox)
    await wallet.sync()
    assert dropped(wallet) == ["it came another way than what is written to this address comes"]


async def test_envelopes_for_nobody_here_and_nonsense_are_thrown_away_and_acknowledged(world: World, wallet: Wallet):
    _, way = await contacted(world, wallet)
    world.wrap({"protected": "e30", "recipients": [], "ciphertext": "", "iv": "", "tag": ""}, way.mailbox)
    world.deposit(b"not an envelope")
    world.deposit(canonical_json({"protected": "e30", "ciphertext": "AA"}))
    await wallet.sync()
    assert (world.mail, len(dropped(wallet))) == ({}, 3)
    assert wallet.requests() == []


@pytest.mark.parametrize("type_", [RELAY, f"{ENROLMENT}/enrol", BACK, "https://didcomm.org/trust-ping/2.0/ping"])
async def test_an_institution_cannot_make_the_wallet_play_another_part(world: World, wallet: Wallet, type_: str):
    attached = Attachment(json={"ciphertext": "AA"})
    body = {"next": "did:web:x.example", "expires": 1, "code": "K7QF-9M2X-TT4P"}
    world.to_learner(
        Message(id=new_id(), type=type_, created_time=world.clock.now(), body=body, attachments=(attached,))
    )
    await wallet.sync()
    assert dropped(wallet) == ["nothing that a wallet is told there"]


async def test_an_enrolment_that_nobody_asked_for_gives_the_wallet_no_anchors(world: World, wallet: Wallet):
    body = {
        "learner": {"reference": "S-1"},
        "assurance": "none",
        "anchors": [{"entity_id": RIVAL.origin, "jwks": {"keys": []}}],
        "mediation": {"did": RIVAL.did},
    }
    world.to_learner(Message(id=new_id(), type=f"{ENROLMENT}/enrolled", created_time=world.clock.now(), body=body))
    await wallet.sync()
    assert dropped(wallet) == ["enrolled does not fit here"]


async def test_a_replayed_request_is_shown_once(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    world.ask(request_jws(), subject=subject, way=way)
    (envelope,) = world.mail.values()
    await wallet.sync()
    world.deposit(envelope)
    await wallet.sync()
    assert len(wallet.requests()) == 1
    assert dropped(wallet) == []


async def test_a_problem_report_about_another_s_thread_ends_nothing(world: World, wallet: Wallet):
    await world.gives(wallet, BUDGETS)
    thread = world.offer(BUDGETS)
    await wallet.sync()
    subject, way = await contacted(world, wallet)
    report = Message(
        id=new_id(), type=PROBLEM_REPORT, pthid=thread, created_time=world.clock.now(), body={"code": "e.p.x"}
    )
    world.back(report, by=EMPLOYER, subject=subject, way=way)
    await wallet.sync()
    assert [offer["state"] for offer in wallet.offers()] == ["kept", "waiting"]


async def test_a_problem_report_by_the_institution_ends_the_offer_it_is_about(world: World, wallet: Wallet):
    thread = world.offer(BUDGETS)
    await wallet.sync()
    body = {"code": "e.p.issuance-abandoned", "comment": "The award was cancelled."}
    world.to_learner(Message(id=new_id(), type=PROBLEM_REPORT, pthid=thread, created_time=world.clock.now(), body=body))
    await wallet.sync()
    assert [(offer["state"], offer["problem"]) for offer in wallet.offers()] == [
        ("refused", "The award was cancelled.")
    ]


async def test_mail_whose_sender_cannot_be_looked_up_now_waits(world: World, wallet: Wallet):
    subject, way = await contacted(world, wallet)
    with wallet.store.step("test.forget") as db:
        db.execute("DELETE FROM documents WHERE did = ?", (EMPLOYER.did,))
    world.ask(request_jws(), subject=subject, way=way)
    await wallet.pickup.fetch(wallet._ready()[0])
    world.down = True
    await wallet.work()
    assert (wallet.requests(), world.mail) == ([], {})
    world.down = False
    await wallet.work()
    assert len(wallet.requests()) == 1


@pytest.mark.parametrize(
    ("leads_to", "reason"),
    [
        (f"{EMPLOYER.origin}/i/ask/invitation", "offers nothing that this wallet speaks"),
        ("https://lure.example/invitation", "the invitation is of another host than the link"),
    ],
)
async def test_a_link_on_one_host_to_the_invitation_of_another_is_refused(
    world: World, wallet: Wallet, leads_to: str, reason: str
):
    async def lure(request: web.Request) -> web.Response:
        if request.path == "/i/1":
            return web.json_response({"protocols": {"didcomm": leads_to}})
        return web.json_response(world._published(EMPLOYER, "/i/ask/invitation"))

    async with serving(("GET", "/{path:.*}", lure)) as here:
        wallet.contacts.transport.origins = {**world.origins, "https://lure.example": here}
        with pytest.raises(Refused, match=reason):
            await wallet.follow("https://lure.example/i/1")
    assert wallet.links() == []


@pytest.mark.parametrize(
    "link", ["http://employer.example/i/1", "file:///etc/passwd", "https://u@employer.example/", ""]
)
async def test_only_https_links_are_opened(wallet: Wallet, link: str):
    with pytest.raises(Refused, match="not an address that this wallet calls"):
        await wallet.follow(link)


async def test_answers_are_bounded_and_redirects_not_followed():
    async def large(_):
        return web.Response(body=b"x" * 4096)

    async def moved(_):
        raise web.HTTPFound("https://elsewhere.example/")

    async with (
        serving(("GET", "/large", large), ("GET", "/moved", moved)) as here,
        Transport({"https://peer.example": here}) as transport,
    ):
        with pytest.raises(Refused, match="the answer is too large"):
            await transport.get("https://peer.example/large", accept="*/*", max_bytes=1024)
        with pytest.raises(Refused, match="nothing to be had there"):
            await transport.get("https://peer.example/moved", accept="*/*", max_bytes=1024)
        with pytest.raises(Unreachable):
            await transport.get("https://nobody.invalid/", accept="*/*", max_bytes=1024)


@pytest.mark.parametrize(
    ("origin", "stand_in"),
    [
        ("http://peer.example", "http://127.0.0.1:1"),
        ("https://peer.example", "http://10.0.0.1"),
        ("https://peer.example", ""),
    ],
)
def test_only_loopback_stands_in_for_an_origin(origin: str, stand_in: str):
    with pytest.raises(WalletError, match="not an origin for development"):
        check_origins({origin: stand_in})
