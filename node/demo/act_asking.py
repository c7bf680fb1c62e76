"""The employer asks, the request waits, the learner consents in part, two relays carry it, it is verified."""

import hashlib

import orjson
import rfc8785

from node.demo.cast import AWARDS, BUDGETS, LEARNER, PURPOSE, PURPOSE_TEXT, REFERENCE, RETENTION_DAYS, WRITING
from node.demo.knowledge import column_bytes, only_value, own_kids, shortened, traces
from node.demo.processes import StepFailed, until
from node.demo.stage import DemoNode, Stage, path_of
from protocols.jose.encoding import JsonObject


async def ask(stage: Stage) -> str:
    made = await stage.employer.command(
        "request",
        "create",
        "--skill",
        BUDGETS.option,
        "--optional-skill",
        WRITING.option,
        "--purpose",
        PURPOSE,
        "--purpose-text",
        PURPOSE_TEXT,
        "--retention-days",
        str(RETENTION_DAYS),
        "--expires-in",
        "1h",
    )
    stage.facts |= {"request": made["id"], "link": made["link"]}
    invited: JsonObject = orjson.loads(await stage.employer.page(path_of(made["link"])))
    return (
        f"“{BUDGETS.name}”, and “{WRITING.name}” if they like; kept {RETENTION_DAYS} days; one link for everybody:\n"
        f"{made['link']} (a page for browsers, {', '.join(invited['protocols'])} for wallets)"
    )


async def contact(stage: Stage) -> str:
    said = await stage.phone.command("open", stage.facts["link"])

    async def look() -> bool | None:
        learners = (await stage.employer.api(f"/requests/{stage.facts['request']}"))["learners"]
        return True if learners else None

    await until("the employer to hear of a learner", look)
    return f"{said.strip()}\nthe employer knows a learner by a DID made for it alone; the wallet's process has ended"


async def wait_in_mailbox(stage: Stage) -> str:
    """Whatever is under way has arrived once the asker's and the exit's outboxes are empty."""

    async def look() -> bool | None:
        for node in (stage.employer, stage.network):
            queues = await node.api("/queues")
            if queues["outbox_waiting"] or queues["work_waiting"]:
                return None
        return True if (await stage.college.api("/queues"))["mailbox_count"] else None

    await until("the request to wait at the college", look)
    queues = (await stage.college.command("status", "show"))["queues"]
    count, size = queues["mailbox_count"], queues["mailbox_bytes"]
    return f"{count} sealed envelopes, {size:,} bytes in all, wait at the college, which cannot tell from whom"


async def consent_screen(stage: Stage) -> str:
    await stage.phone.online()

    async def look() -> JsonObject | None:
        requests = await stage.phone.json("requests")
        return requests[0] if requests else None

    request = await until("the request to reach the wallet", look)
    stage.facts["asked"] = request["id"]
    return await stage.phone.command("show", request["id"], "--items", "skill-1")


async def approve(stage: Stage) -> str:
    """Only the first skill: the second was optional, and stays on the phone."""
    await stage.phone.command("approve", stage.facts["asked"], "--items", "skill-1")

    async def look() -> JsonObject | None:
        reports = await stage.employer.items(f"/requests/{stage.facts['request']}/reports")
        return reports[0] if reports else None

    await until("the answer to reach the employer", look)
    sizes = column_bytes(stage.employer.database, "presentation", "sealed", "record_jws", "use_jws")
    return (
        f"one badge of two; sealed for the employer ({sizes['sealed']:,} bytes as it keeps it), with a consent record"
        f" of {sizes['record_jws']:,} bytes and a use of {sizes['use_jws']:,}: names of fields, no values"
    )


async def knowledge(stage: Stage) -> str:
    """Reads both relays' databases, cell by cell: nobody on the way knows both sides."""
    entry, exit = stage.college, stage.network
    asker = [stage.employer.did, f"localhost:{stage.employer.port}", stage.employer.name]
    awards = [award.name for award in AWARDS]
    learner = [only_value(entry.database, "learner", "did"), stage.facts["holder"], LEARNER, REFERENCE, *awards]
    alias = only_value(exit.database, "relay_route", "per_asker_did")
    if (found := traces(entry.database, [alias], but_directory=False)).count:
        raise StepFailed(f"{entry.name} has the DID that the learner uses with the asker: {found}")
    return "\n".join(
        (
            _knows(entry, "the learner", learner, "the asker", asker),
            _knows(exit, "the asker", asker, "the learner", learner),
            f"to the exit and the asker the learner is {shortened(alias)}, which stands nowhere at {entry.name}",
            await _cannot_read(stage, (entry, exit)),
        )
    )


async def report(stage: Stage) -> str:
    async def look() -> JsonObject | None:
        reports = await stage.employer.items(f"/requests/{stage.facts['request']}/reports")
        verified = [item["report"] for item in reports if item["verdict"] == "verified"]
        return verified[-1] if verified else None

    found = await until("a report that says verified", look)
    stage.facts["before"] = found
    skills = [f"{skill['asked']['name']}: {skill['answer']}" for skill in found["skills"]]
    consent = found["consent"]
    return (
        f"{found['verdict']}: {len(found['checks'])} checks of the badge and {len(consent['checks'])} of the consent,"
        f" each with a reason; {'; '.join(skills)}\n"
        f"status list {found['status']['freshness']}, fetched {found['status']['fetched_at']} by the background job;"
        f" deleted on {found['delete_at'][:10]}"
    )


async def receipt(stage: Stage) -> str:
    async def look() -> tuple[JsonObject, JsonObject] | None:
        theirs = await stage.employer.items(f"/requests/{stage.facts['request']}/receipts")
        if [item["state"] for item in theirs] != ["complete"]:
            return None
        ours = await stage.phone.json("receipts")
        return ours[0]["receipt"], theirs[0]["receipt"]

    ours, theirs = await until("the receipt with both signatures at both", look)
    await stage.phone.offline()
    mine, other = rfc8785.dumps(ours), rfc8785.dumps(theirs)
    if mine != other:
        raise StepFailed(f"found two receipts of {len(mine)} and {len(other)} bytes, expected the same bytes")
    stage.facts["receipt"] = ours
    hash = hashlib.sha256(mine).hexdigest()[:16]
    return f"{len(mine):,} bytes with two signatures, SHA-256 {hash}…, the same on the phone and at the employer"


def _knows(node: DemoNode, known: str, its: list[str], unknown: str, other: list[str]) -> str:
    """Raises StepFailed where the node's database has a trace of the other side, or none of its own."""
    knows, leaks = traces(node.database, its), traces(node.database, other)
    if leaks.count or not knows.count:
        raise StepFailed(f"{node.name}'s database: {unknown} in {leaks}; expected {known} only ({knows})")
    return f"{node.name} knows {known} (rows: {knows}); {unknown}: no row, outside the directory that all members have"


async def _cannot_read(stage: Stage, relays: tuple[DemoNode, DemoNode]) -> str:
    document: JsonObject = orjson.loads(await stage.employer.page("/.well-known/did.json"))
    kids = {kid if isinstance(kid, str) else kid["id"] for kid in document["keyAgreement"]}
    kids = {f"{stage.employer.did}{kid}" if kid.startswith("#") else kid for kid in kids}
    for relay in relays:
        if kids & own_kids(relay.database):
            raise StepFailed(f"{relay.name} holds a key of the employer's")
    return f"the presentation is encrypted for {', '.join(sorted(kids))}; neither relay has that key"


STEPS = (
    ("ask", "The employer asks for skills", ask),
    ("contact", "The learner's wallet opens the link, and goes offline", contact),
    ("mailbox", "The employer's request waits for the wallet", wait_in_mailbox),
    ("screen", "The wallet is online again and shows who asks, for what, and why", consent_screen),
    ("approve", "The learner says yes to part of it", approve),
    ("report", "The employer gets a verification report", report),
    ("relays", "Who could know what", knowledge),
    ("receipt", "Both keep the same receipt", receipt),
)
