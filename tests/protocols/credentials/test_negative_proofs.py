"""Nothing of what must not be believed is believed, for every suite and kind of key (threats C1, C2, C7)."""

from collections.abc import Sequence
from typing import Any

import pytest

from protocols.credentials.proofs import ProofResult
from protocols.findings import Outcome
from protocols.jose.keys import PublicKey
from tests.support.negative_proofs import FAULTS, SIGNED, Case, negatives, right_ones

NEGATIVES = tuple(negatives())


@pytest.mark.parametrize("right", right_ones(), ids=lambda case: case.instance)
def test_what_is_right_is_believed(right: Case) -> None:
    assert right.is_believed()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_not_believed(fault: str) -> None:
    wrong = [case for case in NEGATIVES if case.fault == fault]
    assert wrong, "a fault that no document can have"
    assert [case.name for case in wrong if case.is_believed()] == []


def test_there_are_enough_and_every_suite_has_its_own() -> None:
    assert len(NEGATIVES) >= 900
    per_instance = {right.instance: 0 for right in right_ones()}
    for case in NEGATIVES:
        per_instance[case.instance] += 1
    assert min(per_instance.values()) >= 40, per_instance


def accept_everything(*_: Any, **__: Any) -> tuple[ProofResult, ...]:
    return (
        ProofResult(
            suite="any",
            verification_method="",
            purpose="",
            created=SIGNED,
            outcome=Outcome.YES,
            reason="It looks good.",
        ),
    )


def believed(cases: Sequence[Case], **check: Any) -> float:
    return sum(case.is_believed(**check) for case in cases) / len(cases)


def test_a_verifier_that_accepts_everything_fails_the_negatives() -> None:
    """Of the tests above, that is: it would make at least 95 of 100 of them fail."""
    assert believed(NEGATIVES, check=accept_everything) >= 0.95


def test_a_verifier_that_takes_any_signature_fails_where_it_is_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    signature = {
        "another subject",
        "another issuer",
        "another beginning",
        "a bit of the value turned",
        "a value of zeros",
    }
    cases = [case for case in NEGATIVES if case.fault in signature and "ecdsa-sd" not in case.instance]
    assert believed(cases) == 0
    monkeypatch.setattr(PublicKey, "verify", lambda *_: True)
    assert believed(cases) == 1, "each of these is refused for its signature and nothing else"
