"""Learner records: what is in them, how it belongs together, and that they are signed whole."""

import copy
from typing import Any

import pytest

from protocols.credentials.clr import Association, LearnerRecord, association_problems, read_clr
from protocols.credentials.embedded import embedded_in
from protocols.credentials.enveloped import Kind, wrap
from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import Achievement, Criteria
from protocols.credentials.proofs import check_proofs
from protocols.errors import MalformedCredential
from protocols.findings import Outcome
from tests.support.badges import ACHIEVEMENT, COLLEGE, DOCUMENTS, NOW, signed
from tests.support.envelopes import vc_jwt
from tests.support.learner_record import FIRST, SECOND, child_of, learner_record

COURSE = Achievement(
    id="https://college.example/courses/1",
    name="A course",
    description="Of two parts.",
    criteria=Criteria(narrative="Both parts."),
)


def read(document: dict[str, Any]) -> LearnerRecord:
    found = read_clr(parse_credential(document))
    assert found is not None
    return found


def test_a_record_says_what_is_in_it_and_how_it_belongs_together() -> None:
    made = learner_record(achievements=[COURSE], associations=[child_of(SECOND, FIRST), child_of(FIRST, COURSE.id)])
    assert read(made) == LearnerRecord(
        members=frozenset({FIRST, SECOND, str(ACHIEVEMENT["id"]), COURSE.id}),
        achievements=(COURSE,),
        associations=(child_of(SECOND, FIRST), child_of(FIRST, COURSE.id)),
        is_partial=True,
    )
    assert [item.at for item in embedded_in(made)] == [
        "/credentialSubject/verifiableCredential/0",
        "/credentialSubject/verifiableCredential/1",
    ]


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_record_is_signed_with_everything_in_it(suite: str) -> None:
    made = signed(learner_record(), suite=suite)

    def outcome(document: dict[str, Any]) -> Outcome:
        (result,) = check_proofs(document, DOCUMENTS, purpose="assertionMethod", now=NOW, expected_controller=COLLEGE)
        return result.outcome

    assert outcome(made) is Outcome.YES
    fewer, other, whole = copy.deepcopy(made), copy.deepcopy(made), copy.deepcopy(made)
    del fewer["credentialSubject"]["verifiableCredential"][1]
    other["credentialSubject"]["association"][0]["associationType"] = "isPeerOf"
    whole["partial"] = False
    assert [outcome(document) for document in (fewer, other, whole)] == [Outcome.NO] * 3


def test_tokens_are_members_as_well() -> None:
    for token in (vc_jwt(), wrap(vc_jwt(), Kind.VC_JWT)):
        assert FIRST in read(learner_record(token, associations=())).members


@pytest.mark.parametrize(
    ("association", "problem"),
    [
        (child_of(FIRST, SECOND), None),
        (child_of(FIRST, str(ACHIEVEMENT["id"]), "isPartOf"), None),
        (child_of(FIRST, SECOND, "isCousinOf"), "isCousinOf is no type of association"),
        (child_of(FIRST, FIRST), "something is associated with itself"),
        (child_of("urn:nowhere", SECOND), "urn:nowhere is not in the record"),
        (child_of(FIRST, "urn:nowhere"), "urn:nowhere is not in the record"),
    ],
)
def test_an_association_is_of_a_known_type_and_between_things_in_the_record(
    association: Association, problem: str | None
) -> None:
    record = LearnerRecord(members=frozenset({FIRST, SECOND, str(ACHIEVEMENT["id"])}), associations=(association,))
    assert next(association_problems(record), None) == problem
    if problem is not None:
        with pytest.raises(MalformedCredential, match="does not hold together"):
            learner_record(associations=(association,))


def test_an_empty_record_is_not_made() -> None:
    with pytest.raises(MalformedCredential, match="it is empty"):
        learner_record(credentials=[], associations=())


def test_without_its_context_nothing_is_read_as_a_learner_record() -> None:
    made = learner_record()
    made["@context"] = made["@context"][:1]
    assert read_clr(parse_credential(made)) is None
