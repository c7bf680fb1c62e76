"""The institution publishes what it awards, enrols a learner, and issues two badges to their wallet."""

import orjson

from node.demo.cast import AWARDS, FORECASTING, LEARNER, REFERENCE, DemoAward
from node.demo.knowledge import shortened
from node.demo.processes import StepFailed, until
from node.demo.stage import Stage
from protocols.jose.encoding import JsonObject


async def publish(stage: Stage) -> str:
    lines: list[str] = []
    for award in AWARDS:
        options = ["--name", award.name, "--description", award.description, "--criteria", award.criteria]
        for skill in award.skills:
            options += ["--skill", skill.option]
        await stage.college.command("achievement", "put", award.slug, *options)
        lines.append(f"{award.name} evidences {', '.join(f'{skill.name} <{skill.uri}>' for skill in award.skills)}")
    metadata = await stage.college.page("/issuer", "application/ld+json")
    return "\n".join([*lines, f"published at {stage.college.url}/issuer ({len(metadata)} bytes of JSON-LD)"])


async def enrol(stage: Stage) -> str:
    made = await stage.college.command("learner", "enrol", LEARNER, REFERENCE)
    stage.facts |= {"learner": made["id"], "enrol_link": made["link"], "code": made["code"]}
    return f"{LEARNER} gets a link, and a one-time code by another way; the node keeps the code's hash only"


async def bind(stage: Stage) -> str:
    said = await stage.phone.command("enrol", stage.facts["enrol_link"], stage.facts["code"])
    people = await stage.college.items("/learners")
    if [person["enrolled"] for person in people] != [True]:
        raise StepFailed("the college does not list the learner as enrolled")
    return said.strip()


async def issue(stage: Stage) -> str:
    awards: list[JsonObject] = []
    for award in AWARDS:
        awards.append(await stage.college.command("issue", stage.facts["learner"], award.slug))
    stage.facts["awards"] = [award["id"] for award in awards]
    await stage.phone.online("--accept-offers")

    async def look() -> list[JsonObject] | None:
        made = await stage.college.items("/credentials")
        if [award["state"] for award in made] != ["issued"] * len(AWARDS):
            return None
        held = [item["document"] for item in await stage.phone.json("credentials")]
        return held if len(held) == len(AWARDS) else None

    badges = await until("both badges to be in the wallet", look)
    await stage.phone.offline()
    badge_file = stage.phone.folder / "badge.json"
    badge_file.write_bytes(orjson.dumps(next(badge for badge in badges if _is(badge, FORECASTING))))
    stage.facts |= {"holder": badges[0]["credentialSubject"]["id"], "badge_file": badge_file}
    suites = {badge["proof"]["cryptosuite"] for badge in badges}
    sizes = [f"{len(orjson.dumps(badge)):,}" for badge in badges]
    return (
        f"two Open Badges 3.0 of {' and '.join(sizes)} bytes, signed {', '.join(suites)},"
        f" to the learner's own key {shortened(stage.facts['holder'])}"
    )


def _is(badge: JsonObject, award: DemoAward) -> bool:
    return badge["credentialSubject"]["achievement"]["name"] == award.name


STEPS = (
    ("publish", "The college publishes two achievements, aligned to skills of ESCO and O*NET", publish),
    ("enrol", "It enrols a learner", enrol),
    ("bind", "The learner's wallet enrols with the code", bind),
    ("issue", "Two badges are offered, asked for, signed and kept on the phone", issue),
)
