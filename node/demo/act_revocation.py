"""The institution revokes; the employer's node notices by itself, and reports anew."""

from node.demo.cast import FORECASTING, REVOCATION
from node.demo.processes import StepFailed, until
from node.demo.stage import Stage
from protocols.jose.encoding import JsonObject


async def revoke(stage: Stage) -> str:
    award = await stage.college.command("revoke", stage.facts["awards"][0], "--reason", REVOCATION)
    if award["state"] != "revoked":
        raise StepFailed(f"the award is {award['state']}, expected revoked")
    return f"“{FORECASTING.name}” is revoked: one bit in a list of 131,072, signed again. Nobody is told"


async def noticed(stage: Stage) -> str:
    """Nobody calls sync: the employer's own job fetches the list, and the report is made anew."""

    async def look() -> JsonObject | None:
        reports = await stage.employer.items(f"/requests/{stage.facts['request']}/reports")
        later = [item["report"] for item in reports if item["verdict"] == "not_verified"]
        return later[-1] if later else None

    found = await until("a report that says not verified", look)
    causes = [f"{check['name']}: {check['reason']}" for check in found["checks"] if check["outcome"] == "no"]
    if found["checked_at"] <= stage.facts["before"]["checked_at"] or not any("revoked" in cause for cause in causes):
        raise StepFailed(f"found {causes or 'no cause'}, expected a later report that says revoked")
    stage.facts |= {"after": found, "why_after": f"{found['verdict']}: {causes[0]}"}
    fetched = found["status"]["fetched_at"]
    return f"{found['verdict']}: {'; '.join(causes)}\nthe list was fetched {fetched}, by the background job"


STEPS = (
    ("revoke", "The college revokes the badge", revoke),
    ("noticed", "The employer's node syncs in the background, and the next report says so", noticed),
)
