"""SD-JWT VCs made here are held and verified there, and those made and presented there are opened here.

A job is a case: the private JWKs `issuer` and `holder`, `alg` and `holderAlg`, `kid`, `claims`, `registered` claims,
`disclosable` and `show` as paths, `aud`, `nonce`, `ours` (issued here), and `verify`: presentations by name. The
answers are `{"value": …}` or `{"error": …}`: `issued`, `presented`, `presented ours`, and one for each in `verify`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from protocols.credentials.enveloped import Kind, issue_sd_jwt_vc, open_envelope, present_sd_jwt, wrap
from tests.interop.counterparts import Counterpart
from tests.support.badges import COLLEGE, LEARNER, document_of, key_of
from tests.support.envelopes import AUDIENCE, CLAIMS, NONCE, VCT, disclosure, entropy_of

DISCLOSABLE = [
    ["given_name"],
    ["achievement"],
    ["achievement", "level"],
    ["achievement", "credits", 1],
    *(["skills", index] for index in range(3)),
]
SHOW = [["given_name"], ["achievement", "level"], ["skills", 1]]
SHOWN = {
    "given_name": "Ada",
    "achievement": {"name": "Cash-flow forecasting", "level": 3, "credits": [3.0]},
    "skills": [{"name": "budgeting", "score": 0.5}],
}
THERE, HERE, BOTH = "ours opens there", "theirs opens here", "both"

Outcome = tuple[str, str, str]
"""Direction, name of the check, and what went wrong: empty when nothing did."""


@dataclass(frozen=True)
class Case:
    """Which keys sign."""

    crv: str
    holder_crv: str

    @property
    def name(self) -> str:
        return f"{self.crv} for {self.holder_crv}"

    @cached_property
    def job(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        issuer, holder = key_of(COLLEGE, crv=self.crv), key_of(LEARNER, crv=self.holder_crv)
        ours = issue_sd_jwt_vc(
            CLAIMS,
            vct=VCT,
            signer=issuer,
            holder=holder.public,
            disclosable=DISCLOSABLE,
            issued_at=now,
            expires_at=now + timedelta(days=1),
            entropy=entropy_of(self.name),
            decoys=2,
        )

        def presentation(**changes: Any) -> str:
            given = {"disclose": SHOW, "signer": holder, "audience": AUDIENCE, "nonce": NONCE, "signed_at": now}
            return present_sd_jwt(ours, **{**given, **changes})

        token, *shown, binding = presentation().split("~")
        return {
            "issuer": issuer.to_jwk(),
            "holder": holder.to_jwk(),
            "alg": issuer.public.alg,
            "holderAlg": holder.public.alg,
            "kid": issuer.kid,
            "claims": CLAIMS,
            "registered": {"iss": COLLEGE, "iat": int(now.timestamp()), "vct": VCT},
            "disclosable": DISCLOSABLE,
            "show": SHOW,
            "aud": AUDIENCE,
            "nonce": NONCE,
            "ours": ours,
            "verify": {
                "good": "~".join([token, *shown, binding]),
                "another nonce": presentation(nonce="n-2"),
                "by another key": presentation(signer=key_of("did:web:stranger.example", crv=self.holder_crv)),
                "a disclosure more": "~".join([token, *shown, disclosure("salt", "family_name", "Eve"), binding]),
                "a disclosure less": "~".join([token, *shown[:-1], binding]),
            },
        }

    def documents(self) -> dict[str, Any]:
        return {COLLEGE: document_of(COLLEGE, key=key_of(COLLEGE, crv=self.crv))}


CASES = tuple(Case(crv, holder) for crv in ("Ed25519", "P-256", "P-384") for holder in ("P-256", "Ed25519"))


def exchange(counterpart: Counterpart) -> Iterator[Outcome]:
    """Every case whose holder's curve the counterpart has, in both directions."""
    cases = {case.name: case for case in CASES if case.holder_crv in counterpart.curves}
    try:
        answers = counterpart.run({name: case.job for name, case in cases.items()})
    except RuntimeError as error:
        yield BOTH, "all", str(error)
        return
    for name, case in cases.items():
        for direction, check, fault in compared(case, answers[name]):
            yield direction, f"{name}: {check}", fault


def compared(case: Case, answers: dict[str, Any]) -> Iterator[Outcome]:
    """What each answer should have been."""
    for name in case.job["verify"]:
        found = answers[name]
        if name != "good":
            yield THERE, f"refuses {name}", "" if "error" in found else "accepted"
        else:
            yield THERE, "what was shown", found.get("error") or differs(found["value"], SHOWN)
    yield HERE, "as issued", opened(case, answers["issued"], CLAIMS, bound=False)
    for name in ("presented", "presented ours"):
        yield HERE, name, opened(case, answers[name], SHOWN, bound=True)
        yield HERE, f"{name}, to another", refused(case, answers[name])


def opened(case: Case, answer: dict[str, Any], claims: dict[str, Any], *, bound: bool) -> str:
    """What went wrong when the counterpart's token was opened here."""
    if "error" in answer:
        return f"refused there: {answer['error']}"
    asked = {"challenge": NONCE, "domain": AUDIENCE} if bound else {}
    found = open_envelope(
        wrap(answer["value"], Kind.DC_SD_JWT),
        case.documents(),
        purpose="assertionMethod",
        now=datetime.now(UTC),
        expected_controller=COLLEGE,
        **asked,
    )
    if faults := [result.reason for result in found.results if result.outcome != "yes"]:
        return f"refused here: {faults[0]}"
    if len(found.results) != 1 + bound:
        return f"{len(found.results)} results"
    return differs(found.document or {}, claims)


def refused(case: Case, answer: dict[str, Any]) -> str:
    """The same presentation, asked for by somebody else."""
    found = open_envelope(
        answer.get("value", ""),
        case.documents(),
        purpose="assertionMethod",
        now=datetime.now(UTC),
        challenge=NONCE,
        domain="https://other.example",
    )
    return "" if found.results[-1].outcome == "no" else "accepted"


def differs(found: dict[str, Any], claims: dict[str, Any]) -> str:
    """The claims about the subject must be these and no others."""
    about = {name: value for name, value in found.items() if name in CLAIMS}
    return "" if about == claims else f"differs: {about} instead of {claims}"
