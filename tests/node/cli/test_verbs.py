"""The verbs that call a running node: what they print, their empty states, their one-line errors."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.skills.onet import uri_of
from tests.support.commands import RunningNode, run_command, running_node
from tests.support.drafts import draft
from tests.support.old_badges import ASSERTION
from tests.support.whole_badge import ACHIEVEMENT_ID

BUDGETS = "http://data.europa.eu/esco/skill/21c5790c-0930-4d74-b3b0-84caf5af12ea"
ONET_HEADER = "element_id,type,element_name,description\n"
ACHIEVEMENT = """
name = "Cash-flow forecasting"
description = "Builds a forecast."
criteria = "Built three."
achievementType = "Competency"
alignments = [{ targetUrl = "https://example.org/skills/1", targetName = "forecasting", targetFramework = "Ours" }]
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(tmp_path_factory.mktemp("verbs") / "node") as running:
        yield running


def refused(node: RunningNode, *arguments: str | Path) -> tuple[int, str]:
    """Exit code and the one line that says what was wrong."""
    done = node.run(*arguments)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr.removeprefix("ler-node: ").rstrip()


@pytest.mark.parametrize("listing", [("credential", "list"), ("request", "list"), ("network", "members")])
def test_an_empty_listing_says_none_and_is_an_empty_list_in_json(node: RunningNode, listing: tuple[str, str]) -> None:
    assert node.run(*listing).stdout == "none\n"
    assert node.json(*listing) == []


def test_a_learner_is_enrolled_once_and_the_code_is_shown_then_only(node: RunningNode) -> None:
    made = node.json("learner", "enrol", "Ada Lovelace", "S-1")
    assert set(made) == {"id", "name", "reference", "link", "code"}
    assert made["link"].startswith(f"https://localhost:{node.port}/i/")
    assert node.json("learner", "list") == [
        {"id": made["id"], "name": "Ada Lovelace", "reference": "S-1", "enrolled": False, "suspended": False}
    ]
    assert made["code"] not in node.run("learner", "list").stdout
    assert refused(node, "learner", "enrol", "Another", "S-1") == (
        1,
        "a learner with this reference is known already: expected another reference",
    )


def test_an_achievement_is_put_from_a_file_and_options_win_over_it(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "achievement.toml"
    file.write_text(ACHIEVEMENT)
    options = ("--name", "Forecasting", "--skill", f"{BUDGETS}=manage budgets")
    put = node.json("achievement", "put", "cash-flow", "--file", file, *options)
    assert put == {
        "id": f"https://localhost:{node.port}/achievements/cash-flow",
        "type": ["Achievement"],
        "achievementType": "Competency",
        "name": "Forecasting",
        "description": "Builds a forecast.",
        "criteria": {"narrative": "Built three."},
        "alignment": [
            {
                "type": ["Alignment"],
                "targetUrl": "https://example.org/skills/1",
                "targetName": "forecasting",
                "targetFramework": "Ours",
            },
            {"type": ["Alignment"], "targetUrl": BUDGETS, "targetName": "manage budgets"},
        ],
    }
    assert node.json("achievement", "list") == [put]
    assert f"manage budgets <{BUDGETS}>" in node.run("achievement", "list").stdout


def test_the_same_achievement_from_json_is_the_same(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "achievement.json"
    file.write_text(json.dumps({"name": "N", "description": "D", "criteria": "C"}))
    from_file = node.json("achievement", "put", "plain", "--file", file)
    options = ("--name", "N", "--description", "D", "--criteria", "C")
    assert node.json("achievement", "put", "plain", *options) == from_file


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("achievement", "put", "x", "--skill", "no uri=name"), 64, "expected URI=NAME"),
        (("achievement", "put", "x", "--skill", BUDGETS), 64, "expected URI=NAME"),
        (("achievement", "put", "x", "--name", "N"), 1, "at description: found nothing"),
        (("achievement", "put", "Not A Slug", "--name", "N", "--description", "D", "--criteria", "C"), 1, "not a slug"),
        (("achievement", "put", "x", "--file", "FILE"), 64, "expected a file that can be read"),
        (("issue", "nobody", "cash-flow"), 1, "no such learner: found nobody"),
        (("issue", "nobody", "cash-flow", "--valid-until", "soon"), 64, "found 'soon'"),
        (("revoke", "nothing", "--reason", "R"), 1, "no such credential: found nothing"),
        (("revoke", "nothing"), 64, "--reason"),
        (("request", "show", "nothing"), 1, "no such request: found nothing"),
        (
            ("request", "create", "--purpose", "p", "--purpose-text", "t", "--retention-days", "1"),
            64,
            "expected at least one --skill",
        ),
        (
            ("request", "create", "--skill", "urn:x", "--purpose", "p", "--purpose-text", "t", "--retention-days", "1"),
            64,
            "expected URI=NAME, or the skill imported",
        ),
        (
            (
                *("request", "create", "--skill", "urn:x=y", "--purpose", "p", "--purpose-text", "t"),
                *("--retention-days", "1", "--expires-in", "soon"),
            ),
            64,
            "found 'soon', expected a time such as 14d",
        ),
        (
            (
                *("request", "create", "--skill", "urn:x=y", "--purpose", "p", "--purpose-text", "t"),
                *("--retention-days", "1"),
            ),
            1,
            "this node is in no trust network",
        ),
        (("verify", "FILE"), 64, "expected a file that can be read"),
        (("network", "invite", "--expires-in", "soon"), 64, "found 'soon', expected a time such as 14d"),
        (("network", "invite", "--expires-in", "14d"), 1, "this node is not the anchor of a network"),
        (("network", "invite", "--qr", "x.gif"), 64, "x.gif; expected a name that ends in .svg or .png"),
        (("network", "invite", "--expires-in", "91d"), 1, "at expires_in_s: found 7862400"),
        (("network", "leave"), 1, "there is no network that this node could leave: found no network"),
        (("network", "log"), 1, "this node is not the anchor of a network"),
        (("network", "terms", "FILE", "--version", "1"), 64, "expected a file that can be read"),
        (("network", "merge", "did:web:x.example"), 64, "--into"),
        (("network", "suspend", "did:web:x.example", "--until", "soon"), 64, "soon"),
        (("network", "join", "X", "--claim", "A", "--claim", "B"), 64, "--verifier-purpose, --claim and --retention"),
        (
            (
                "network",
                "join",
                "X",
                "--verifier-purpose",
                "p",
                "--claim",
                "A",
                "--claim",
                "B",
                "--retention-days",
                "9",
            ),
            1,
            "expected",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_with_what_would_be_right(
    node: RunningNode, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    given = [str(tmp_path / "absent") if argument == "FILE" else argument for argument in arguments]
    found, line = refused(node, *given)
    assert (found, says in line) == (code, True), line


def test_an_award_waits_for_the_wallet_and_cannot_be_revoked_before_it_was_issued(node: RunningNode) -> None:
    learner = node.json("learner", "enrol", "Grace Hopper", "S-2")["id"]
    node.json("achievement", "put", "award", "--name", "N", "--description", "D", "--criteria", "C")
    award = node.json("issue", learner, "award", "--valid-until", "2036-01-01")
    assert (award["state"], award["valid_until"], award["credential"]) == ("waiting", "2036-01-01T00:00:00Z", None)
    assert [row["id"] for row in node.json("credential", "list")] == [award["id"]]
    code, line = refused(node, "revoke", award["id"], "--reason", "R")
    assert (code, line) == (1, "this credential was not issued yet: found waiting, expected an issued one")
    assert refused(node, "status", "set", award["id"], "lapsed") == (code, line)


def test_a_learner_is_suspended_and_reinstated(node: RunningNode) -> None:
    learner = node.json("learner", "enrol", "Emmy Noether", "S-3")["id"]
    for verb, suspended in (("suspend", True), ("reinstate", False)):
        answer = node.json("learner", verb, learner)
        assert (answer["id"], answer["suspended"]) == (learner, suspended)
        assert {row["id"]: row["suspended"] for row in node.json("learner", "list")}[learner] is suspended
    assert refused(node, "learner", "suspend", "nobody") == (
        1,
        "no such learner: found nobody, expected the id of a learner",
    )


def test_a_person_whose_phone_is_lost_gets_another_link_and_code(node: RunningNode) -> None:
    made = node.json("learner", "enrol", "Lise Meitner", "S-4")
    again = node.json("learner", "rebind", made["id"])
    assert {**again, "link": "", "code": ""} == {**made, "link": "", "code": ""}
    assert (again["link"] == made["link"], again["code"] == made["code"]) == (False, False)
    assert refused(node, "learner", "rebind", "nobody") == (
        1,
        "no such learner: found nobody, expected the id of a learner",
    )


def test_the_queues_are_shown_and_only_what_was_given_up_can_be_sent_again(node: RunningNode) -> None:
    counts = node.json("queues", "show")
    assert counts == dict.fromkeys(
        ("mailbox_count", "mailbox_bytes", "outbox_waiting", "outbox_dead", "work_waiting", "work_dead"), 0
    )
    assert node.json("queues", "outbox") == node.json("queues", "outbox", "--state", "dead") == []
    assert node.run("queues", "outbox").stdout == "none\n"
    assert refused(node, "queues", "resend", "nothing") == (
        1,
        "no such dead letter: found nothing, expected the id of one that was given up",
    )
    assert refused(node, "queues", "outbox", "--state", "lost")[0] == 64


def test_status_shows_no_list_yet_and_empty_queues(node: RunningNode) -> None:
    empty = {
        "mailbox_count": 0,
        "mailbox_bytes": 0,
        "outbox_waiting": 0,
        "outbox_dead": 0,
        "work_waiting": 0,
        "work_dead": 0,
    }
    assert node.json("status", "show") == {"lists": [], "published": [], "queues": empty}
    assert node.run("status", "show").stdout.startswith("none\n")
    assert node.json("status", "sync") == {"lists": 0, "failed": 0}


def test_skills_are_imported_by_their_header_and_found(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "onet.csv"
    file.write_text(ONET_HEADER + "2.A.1.c,skills,Writing,In words.\n2.B.3.e,skills,Programming,In code.\n")
    assert node.json("skills", "import", file) == {"format": "onet", "added": 2, "changed": 0, "unchanged": 0}
    assert node.json("skills", "import", file) == {"format": "onet", "added": 0, "changed": 0, "unchanged": 2}
    assert node.json("skills", "search", "progr") == [
        {
            "uri": uri_of("2.B.3.e"),
            "name": "Programming",
            "framework": "O*NET",
            "code": "2.B.3.e",
            "description": "In code.",
        }
    ]
    assert node.run("skills", "search", "welding").stdout == "none\n"


def test_a_file_larger_than_a_body_travels_in_parts(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "esco.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("uri", "text"))
        for number in range(3000):
            rows.writerow((f"http://data.europa.eu/esco/skill/made-up-{number}", f"skill {number}, « {'é' * 150} »"))
    assert file.stat().st_size > 1024 * 1024
    done = node.json("skills", "import", file)
    assert done == {"format": "esco", "added": 3000, "changed": 0, "unchanged": 0}


def test_a_bad_file_names_every_fault_by_its_row_and_nothing_is_imported(node: RunningNode, tmp_path: Path) -> None:
    file = tmp_path / "onet.csv"
    file.write_text(ONET_HEADER + "2.C.1.a,knowledge,Administration,\n2-X,skills,Bad id,\n2.C.1.b\n")
    done = node.run("skills", "import", file)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "row 3: found element_id '2-X', expected an element id such as 2.A.1.a",
        "row 4: found 1 cells, expected 4 cells",
        "ler-node: a framework file with faults: nothing was read: found row 3: element_id '2-X', "
        "expected an element id such as 2.A.1.a",
    ]
    assert node.json("skills", "search", "Administration") == []
    file.write_text("a,b\n1,2\n")
    assert refused(node, "skills", "import", file)[0] == 64


def test_a_whole_badge_is_awarded_from_a_file(node: RunningNode, tmp_path: Path) -> None:
    learner = node.json("learner", "enrol", "Hedy Lamarr", "S-9")["id"]
    file = tmp_path / "badge.json"
    file.write_text(json.dumps(draft()))
    award = node.json("issue", learner, "--file", file)
    assert (award["state"], award["achievement"]) == ("waiting", ACHIEVEMENT_ID)
    file.write_text(json.dumps(draft(title="x", proof={})))
    code, line = refused(node, "issue", learner, "--file", str(file))
    assert code == 1
    assert "proof: it is given by the node that issues it" in line
    assert "title: it is not known there" in line
    for arguments in ((), ("award", "--file", str(file))):
        code, line = refused(node, "issue", learner, *arguments)
        assert (code, "expected one of them" in line) == (64, True)


def test_a_badge_of_the_older_kind_is_awarded_anew(node: RunningNode, tmp_path: Path) -> None:
    learner = node.json("learner", "enrol", "Ada Lovelace", "S-10")["id"]
    (tmp_path / "old.json").write_text(json.dumps(ASSERTION))
    done = run_command("award", "import", tmp_path / "old.json", "--out", tmp_path / "new.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "not verified: compare it with your own books, or with https://old.example/assertions/1, before you issue it",
        "it ends on 2029-03-04T00:00:00Z: issue it with --valid-until",
    ]
    award = node.json("issue", learner, "--file", tmp_path / "new.json", "--valid-until", "2029-03-04")
    assert (award["state"], award["achievement"]) == ("waiting", "https://old.example/badges/5")
    refusal = run_command("award", "import", tmp_path / "new.json")
    assert (refusal.returncode, "not an assertion of Open Badges 2.0" in refusal.stderr) == (1, True)


def test_what_programs_miss_in_an_achievement_is_shown_when_it_is_put_and_when_asked(
    node: RunningNode, tmp_path: Path
) -> None:
    bare = node.run("achievement", "put", "bare", "--name", "Bare", "--description", "d", "--criteria", "c")
    assert (bare.returncode, bare.stderr.splitlines()) == (
        0,
        [
            "warning: It is aligned to no skill of a framework.",
            "warning: It does not say how it is assessed: no resultDescription.",
            "warning: It has no levels: that it was reached is all that can be said.",
        ],
    )
    file = tmp_path / "whole.toml"
    file.write_text(f"""{ACHIEVEMENT}
criteriaUrl = "https://college.example/criteria"
results = [{{ name = "Rubric", resultType = "RubricCriterionLevel", levels = [{{ name = "Mastered" }}] }}]
""")
    whole = node.run("achievement", "put", "whole", "--file", file)
    assert (whole.returncode, whole.stderr) == (
        0,
        "warning: An alignment does not say what it points to, as CFItem or ceasn:Competency.\n",
    )
    linted = {each["id"].rpartition("/")[2]: each for each in node.json("achievement", "lint")}
    assert (linted["bare"]["score"], linted["whole"]["score"]) == (45, 90)
    (one,) = node.json("achievement", "lint", "whole")
    assert one["findings"][0] == {
        "rule": "no_target_type",
        "message": "An alignment does not say what it points to, as CFItem or ceasn:Competency.",
        "places": ["/alignment/0"],
    }
    assert refused(node, "achievement", "lint", "nothing")[0] == 64
    published = next(item for item in node.json("achievement", "list") if item["id"] == one["id"])
    assert published["criteria"] == {"narrative": "Built three.", "id": "https://college.example/criteria"}
    assert published["resultDescription"] == [
        {
            "id": f"{one['id']}#result-1",
            "type": ["ResultDescription"],
            "name": "Rubric",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": [
                {"id": f"{one['id']}#result-1-level-1", "type": ["RubricCriterionLevel"], "name": "Mastered"}
            ],
        }
    ]
