"""Status lists as published, and the list of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from node.errors import ConfigurationError, NotFound
from node.services.did_document import Purpose
from node.settings import Settings, load_settings
from node.storage.unit import Session
from protocols.credentials.enveloped import Kind, issue_sd_jwt_vc, wrap
from protocols.dids.parse import parse_document
from protocols.status.acceptance import Snapshot
from protocols.status.entry import Form, StatusEntry
from protocols.status.freshness import FreshnessPolicy
from protocols.status.lookup import status_of
from protocols.status.token_list import MEDIA_TYPE, accept_token, parse_list_token
from protocols.status.token_status import status_reference
from tests.support.badges import badge
from tests.support.envelopes import entropy_of
from tests.support.served import Served, make_node, served_node


async def published(served: Served, credential: str = "credential") -> list[str]:
    """The ids of the lists that a credential got places in, signed."""
    lists = served.services.status_lists
    now = served.clock.now()

    def body(session: Session) -> list[str]:
        lists.allocate(session, credential, now=now)
        return [lists.id_of(entry["statusListCredential"]) or "" for entry in lists.entries(session, credential)]

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


TEXTS = ("none", "under review", "being replaced", "lapsed")
EXPLAINED = "https://college.example/statuses"


@pytest.fixture
def talkative(tmp_path: Path) -> Settings:
    make_node(tmp_path / "node")
    return load_settings(tmp_path / "node", statuses={"messages": TEXTS, "message_reference": EXPLAINED})


async def test_a_message_is_said_in_a_list_of_its_own_and_read_by_whoever_verifies(talkative: Settings) -> None:
    async with served_node(talkative) as served:
        verifier, lists = served.services.vc_api_verifier, served.services.status_lists
        answer = await served.client.post(
            "/vc-api/eddsa-rdfc-2022-ed25519-status/credentials/issue",
            json={"credential": badge(issuer=served.settings.did), "options": {"credentialId": "urn:uuid:talk"}},
            headers=served.bearer,
        )
        assert answer.status == 201, await answer.text()
        credential = await answer.json()
        entry = credential["credentialStatus"][2]
        assert (entry["statusPurpose"], entry["statusSize"], entry["statusReference"]) == ("message", 2, EXPLAINED)

        async def said() -> tuple[str, str]:
            for place in credential["credentialStatus"]:
                list_id = lists.id_of(place["statusListCredential"]) or ""
                await lists.storage.run("test.publish", await lists.publish({"list": list_id}))
            report = await verifier.credential(credential)
            (found,) = [check for check in report.checks if check.name == "status: message"]
            return found.outcome.value, found.reason

        when = served.clock.now().isoformat().replace("+00:00", "Z")
        assert await said() == ("yes", f"The list of {when} says message: no; its message is “none”")

        def say(session: Session) -> tuple[bool, bool]:
            now = served.clock.now()
            return tuple(lists.say(session, "urn:uuid:talk", "being replaced", now=now) for _ in range(2))

        assert await lists.storage.run("test.say", say) == (True, False)
        assert await said() == (
            "yes",
            "its issuer set a message for it, which takes nothing from it; its message is “being replaced”",
        )
        list_id = lists.id_of(entry["statusListCredential"])
        as_token = await served.client.get(f"/status/{list_id}", headers={"Accept": MEDIA_TYPE})
        assert as_token.status == 404, "a token's list has no values for messages"

        listed = await (await served.client.get("/api/v1/status/published", headers=served.bearer)).json()
        assert [(each["purpose"], each["bits"], each["taken"], each["messages"]) for each in listed["items"]] == [
            ("revocation", 1, 1, []),
            ("suspension", 1, 1, []),
            ("message", 2, 1, list(TEXTS)),
        ]


async def test_a_message_is_one_of_its_lists_and_no_yes_or_no(talkative: Settings) -> None:
    async with served_node(talkative) as served:
        await published(served)
        lists, now = served.services.status_lists, served.clock.now()
        for ask in (
            lambda session: lists.say(session, "credential", "lost", now=now),
            lambda session: lists.say(session, "nobody", "lapsed", now=now),
            lambda session: lists.set(session, "credential", "message", True, now=now),
        ):
            with pytest.raises(NotFound):
                await lists.storage.run("test.say", ask)


async def test_other_messages_begin_another_list_and_leave_those_said_before_as_they_were(talkative: Settings) -> None:
    async with served_node(talkative) as served:
        (*_, before) = await published(served)
    changed = load_settings(talkative.data_dir, statuses={"messages": ("fine", "lapsed")})
    async with served_node(changed) as served:
        (*_, after) = await published(served, "another")
        assert after != before
        lists = served.services.status_lists
        first, second = [
            await lists.storage.read(lambda session, name=name: lists.entries(session, name)[2])
            for name in ("credential", "another")
        ]
    assert [item["message"] for item in first["statusMessage"]] == list(TEXTS)
    assert [item["message"] for item in second["statusMessage"]] == ["fine", "lapsed"]
    assert (first["statusSize"], second["statusSize"], "statusReference" in second) == (2, 1, False)


@pytest.mark.parametrize("messages", [["one"], ["a", "b", "c"], ["a", "a"], ["", "b"], ["a", "b" * 101]])
def test_messages_that_cannot_be_one_a_value_are_refused(tmp_path: Path, messages: list[str]) -> None:
    make_node(tmp_path / "node")
    with pytest.raises(ConfigurationError):
        load_settings(tmp_path / "node", statuses={"messages": messages})
    with pytest.raises(ConfigurationError):
        load_settings(tmp_path / "node", statuses={"message_reference": "not a URL"})
