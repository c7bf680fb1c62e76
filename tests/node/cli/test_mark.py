"""`ler-node mark`: what it prints, and what it refuses in one line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.trust.marks import parse_delegation
from tests.support.commands import RunningNode, running_node
from tests.support.federation import key

TYPE = "https://accreditor.example.org/marks/accredited"
HOLDER = "did:web:college.example.org"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """The anchor of a network."""
    with running_node(tmp_path_factory.mktemp("marks") / "node") as running:
        running.json("network", "create", "--name", "Example Network")
        yield running


def refused(node: RunningNode, *arguments: str | Path) -> tuple[int, str]:
    done = node.run(*arguments)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stderr
    return done.returncode, done.stderr.removeprefix("ler-node: ").rstrip()


@pytest.mark.parametrize("listing", ["list", "types", "delegations", "held", "members"])
def test_an_empty_listing_says_none(node: RunningNode, listing: str) -> None:
    assert (node.run("mark", listing).stdout, node.json("mark", listing)) == ("none\n", [])


def test_a_mark_is_granted_endorsed_listed_and_revoked(node: RunningNode, tmp_path: Path) -> None:
    days = ("--accredited-from", "2026-01-01", "--accredited-until", "2099-12-31T12:00:00Z")
    options = ("--credential-type", "OpenBadgeCredential", "--jurisdiction", "US-CO", *days)
    made = node.json("mark", "grant", TYPE, HOLDER, *options, "--programme", "52.0301")
    assert (made["subject"], made["trust_mark_type"]) == ("https://college.example.org", TYPE)
    assert made["scope"] == {
        "ler_scope": {
            "credential_types": ["OpenBadgeCredential"],
            "jurisdictions": ["US-CO"],
            "programmes": ["52.0301"],
        },
        "ler_status": "accredited",
        "accredited_from": "2026-01-01T00:00:00Z",
        "accredited_until": "2099-12-31T12:00:00Z",
    }
    assert refused(node, "mark", "grant", TYPE, HOLDER) == (
        1,
        "this entity has such a mark already: found https://college.example.org, expected revoke that one first",
    )
    file = tmp_path / "endorsement.json"
    assert node.run("mark", "endorse", made["id"], "--out", file).stdout == ""
    assert json.loads(file.read_text())["credentialSubject"]["id"] == HOLDER
    assert json.loads(node.run("mark", "endorse", made["id"]).stdout)["type"][1] == "EndorsementCredential"
    revoked = node.json("mark", "revoke", made["id"], "--reason", "the audit failed")
    assert revoked["revoked_reason"] == "the audit failed"
    assert node.json("mark", "list") == [revoked]
    assert "the audit failed" in node.run("mark", "list").stdout
    plain = node.json("mark", "grant", TYPE, HOLDER, "--no-accredits", "--ends", "2099-01-01")
    assert (plain["scope"], plain["ends_at"]) == ({}, "2099-01-01T00:00:00Z")


def test_types_are_set_and_removed(node: RunningNode, tmp_path: Path) -> None:
    jwks = tmp_path / "owner.json"
    jwks.write_text(json.dumps({"keys": [{**key("owner").public.to_jwk(), "kid": "1"}]}))
    owner = ("--owner", "https://owner.example.org", "--owner-jwks", jwks)
    made = node.json("mark", "issuers", TYPE, "--issuer", HOLDER, *owner)
    assert (made["issuers"], made["owner"]) == (["https://college.example.org"], "https://owner.example.org")
    assert [each["trust_mark_type"] for each in node.json("mark", "types")] == [TYPE]
    assert node.json("mark", "issuers", TYPE, "--anybody")["issuers"] == []
    for wrong in ((), ("--anybody", "--issuer", HOLDER)):
        assert node.run("mark", "issuers", TYPE, *wrong).returncode == 64
    assert node.json("mark", "issuers", TYPE, "--remove") == []
    assert refused(node, "mark", "issuers", TYPE, "--remove")[0] == 1


def test_a_delegation_is_shown_to_be_handed_over(node: RunningNode) -> None:
    made = node.json("mark", "delegate", TYPE, HOLDER, "--ends", "2099-01-01")
    read = parse_delegation(made["delegation"])
    assert (read.trust_mark_type, read.sub) == (TYPE, "https://college.example.org")
    other = node.run("mark", "delegate", TYPE, "did:web:other.example.org").stdout
    assert parse_delegation(other.split("delegation")[-1].split()[0]).sub == "https://other.example.org"
    assert refused(node, "mark", "accept", made["delegation"])[1].startswith("a delegation to another: found")
    assert len(node.json("mark", "delegations")) == 2


def test_a_mark_is_looked_for_and_dropped(node: RunningNode) -> None:
    found = node.json("mark", "hold", "did:web:accreditor.example.org", TYPE)
    assert (found["trust_mark"], found["problem"]) == (None, "its issuer issues no marks, or is not known yet")
    assert len(node.json("mark", "held")) == 1
    assert node.json("mark", "drop", "did:web:accreditor.example.org", TYPE) == []
