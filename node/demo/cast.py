"""What the story is about: a learner, two awards aligned to real skills, and what an employer asks.

Skill names and URIs are those of ESCO and O*NET; see ATTRIBUTION in protocols.skills.esco and protocols.skills.onet.
"""

from dataclasses import dataclass

from protocols.skills.onet import uri_of

LEARNER = "Maya Lindgren"
REFERENCE = "S-20417"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSkill:
    uri: str
    name: str

    @property
    def option(self) -> str:
        """As `--skill` takes it."""
        return f"{self.uri}={self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAward:
    slug: str
    name: str
    description: str
    criteria: str
    skills: tuple[DemoSkill, ...]


BUDGETS = DemoSkill(uri="http://data.europa.eu/esco/skill/21c5790c-0930-4d74-b3b0-84caf5af12ea", name="manage budgets")
FINANCES = DemoSkill(uri=uri_of("2.B.5.b"), name="Management of Financial Resources")
WRITING = DemoSkill(uri=uri_of("2.A.1.c"), name="Writing")

FORECASTING = DemoAward(
    slug="cash-flow-forecasting",
    name="Cash-Flow Forecasting",
    description="Builds and maintains a twelve-month cash-flow forecast for a small organisation.",
    criteria="Built a forecast from three years of statements and defended it before two examiners.",
    skills=(BUDGETS, FINANCES),
)
BUSINESS_WRITING = DemoAward(
    slug="business-writing",
    name="Business Writing",
    description="Writes reports and proposals for readers who have little time.",
    criteria="Wrote a proposal, a report and a summary that three working readers acted on.",
    skills=(WRITING,),
)
AWARDS = (FORECASTING, BUSINESS_WRITING)

PURPOSE = "hiring"
PURPOSE_TEXT = "To fill the position of finance assistant"
RETENTION_DAYS = 30
REVOCATION = "The examination was found to be another person's work"
