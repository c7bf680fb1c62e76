"""Status lists as published, and the list of them."""

from datetime import timedelta

from node.services.did_document import Purpose
from node.storage.unit import Session
from protocols.credentials.enveloped import Kind, issue_sd_jwt_vc, wrap
from protocols.dids.parse import parse_document
from protocols.status.entry import Form, StatusEntry
from protocols.status.freshness import FreshnessPolicy
from protocols.status.lookup import Snapshot, status_of
from protocols.status.token_list import MEDIA_TYPE, accept_token, parse_list_token
from protocols.status.token_status import status_reference
from tests.support.envelopes import entropy_of
from tests.support.served import Served


async def published(served: Served) -> list[str]:
    """The ids of the lists that a credential got places in, signed."""
    lists = served.services.status_lists
    now = served.clock.now()

    def body(session: Session) -> list[str]:
        lists.allocate(session, "credential", now=now)
        return [lists.id_of(entry["statusListCredential"]) or "" for entry in lists.entries(session, "credential")]

    ids = await lists.storage.run("test.place", body)
    for list_id in ids:
        await lists.storage.run("test.publish", await lists.publish({"list": list_id}))
    return ids


async def test_all_lists_are_named_at_one_address(served: Served) -> None:
    path = "/status/aggregation"
    empty = await served.client.get(path)
    assert (empty.status, empty.content_type, await empty.json()) == (200, "application/json", {"status_lists": []})

    ids = await published(served)
    named = await served.client.get(path)
    assert await named.json() == {"status_lists": [f"https://localhost:8101/status/{list_id}" for list_id in ids]}
    assert named.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=5" in named.headers["Cache-Control"]
    known = await served.client.get(path, headers={"If-None-Match": named.headers["ETag"]})
    assert (known.status, await known.read()) == (304, b"")


async def test_a_list_is_served_in_both_media_types_and_not_twice_to_who_has_it(served: Served) -> None:
    path = f"/status/{(await published(served))[0]}"
    for accept, content_type in (
        ("*/*", "application/vc"),
        ("application/json", "application/json"),
        ("application/vc, application/json", "application/vc"),
    ):
        answer = await served.client.get(path, headers={"Accept": accept})
        assert (answer.status, answer.content_type) == (200, content_type)
        assert "proof" in await answer.json(content_type=None)
        known = await served.client.get(path, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
        assert known.status == 304
    assert (await served.client.get("/status/none")).status == 404


async def token_at(served: Served, list_id: str) -> tuple[str, Snapshot]:
    """The list as whoever follows a token's reference gets it, and takes it into use."""
    answer = await served.client.get(f"/status/{list_id}", headers={"Accept": MEDIA_TYPE})
    assert (answer.status, answer.content_type, answer.headers["Vary"]) == (200, MEDIA_TYPE, "Accept")
    text = await answer.text()
    did = served.settings.did
    document = await (await served.client.get("/.well-known/did.json")).json(content_type=None)
    uri = f"https://localhost:8101/status/{list_id}"
    snapshot = accept_token(
        parse_list_token(text),
        {did: parse_document(document, did)},
        uri=uri,
        key=StatusEntry(list_url=uri, index=0, purpose="status_list", form=Form.JWT).key,
        fetched_at=served.clock.now(),
        expected_issuer=did,
        previous=None,
    )
    known = await served.client.get(
        f"/status/{list_id}", headers={"Accept": MEDIA_TYPE, "If-None-Match": answer.headers["ETag"]}
    )
    assert known.status == 304
    return text, snapshot


async def test_a_list_is_served_as_a_token_that_says_the_same(served: Served) -> None:
    revocations, suspensions = await published(served)
    lists, now = served.services.status_lists, served.clock.now()
    for purpose in ("revocation", "suspension"):
        await lists.storage.run(
            "test.set", lambda session, purpose=purpose: lists.set(session, "credential", purpose, True, now=now)
        )
    places = await lists.storage.read(lambda session: lists.entries(session, "credential"))
    said: list[tuple[object, ...]] = []
    for list_id, place in zip((revocations, suspensions), places, strict=True):
        _, snapshot = await token_at(served, list_id)
        index = int(place["statusListIndex"])
        for each in (index, (index + 1) % 131_072):
            entry = StatusEntry(
                list_url=place["statusListCredential"], index=each, purpose="status_list", form=Form.JWT
            )
            policy = FreshnessPolicy(fresh_s=60, usable_s=60)
            answer = status_of(entry, snapshot, now=now, policy=policy, issuer=served.settings.did)
            said.append((snapshot.size, answer.value, answer.purpose))
        assert snapshot.valid_until == now + timedelta(days=2)
    assert said == [(1, 1, "revocation"), (1, 0, None), (2, 2, "suspension"), (2, 0, None)]


async def test_who_asks_for_no_token_gets_none(served: Served) -> None:
    path = f"/status/{(await published(served))[0]}"
    answer = await served.client.get(path, headers={"Accept": f"application/vc, {MEDIA_TYPE}"})
    assert answer.content_type == "application/vc"
    assert (await served.client.get("/status/none", headers={"Accept": MEDIA_TYPE})).status == 404


async def test_an_sd_jwt_vc_is_revoked_by_the_list_that_its_status_claim_names(served: Served) -> None:
    await published(served)
    lists, now = served.services.status_lists, served.clock.now()
    place = (await lists.storage.read(lambda session: lists.entries(session, "credential")))[0]
    credential = wrap(
        issue_sd_jwt_vc(
            {"given_name": "Ada"},
            vct="https://college.example/types/forecaster",
            signer=served.services.identity.signer(Purpose.ASSERTION),
            holder=None,
            disclosable=[("given_name",)],
            issued_at=now,
            entropy=entropy_of("status"),
            status=status_reference(uri=place["statusListCredential"], index=int(place["statusListIndex"])),
        ),
        Kind.DC_SD_JWT,
    )

    async def said() -> list[tuple[str, str, str]]:
        report = await served.services.vc_api_verifier.credential(credential)
        return [(check.name, check.outcome, check.reason) for check in report.checks if check.number == 6]

    when = now.isoformat().replace("+00:00", "Z")
    assert await said() == [("status: status_list", "yes", f"The list of {when} says status_list: no.")]
    await lists.storage.run("test.set", lambda session: lists.set(session, "credential", "revocation", True, now=now))
    assert await said() == [("status: status_list", "no", "revoked by its issuer")]
