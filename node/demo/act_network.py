"""Three nodes from nothing; one becomes the anchor of a trust network, the others apply and are approved."""

import asyncio

from node.demo.cast import PURPOSE
from node.demo.processes import StepFailed, until
from node.demo.stage import DemoNode, Stage

NETWORK = "Lakes Credential Network"


async def start(stage: Stage) -> str:
    await asyncio.gather(*(node.init() for node in stage.nodes))
    await asyncio.gather(*(node.start() for node in stage.nodes))
    return "\n".join(f"{node.name}: {node.did}, {node.url}, process {_pid(node)}" for node in stage.nodes)


async def create(stage: Stage) -> str:
    await stage.network.command("network", "create", "--name", NETWORK)
    configuration = await stage.network.page("/.well-known/openid-federation", "*/*")
    return f"{NETWORK}, anchored at {stage.network.name}; its signed configuration: {len(configuration)} bytes"


async def join(stage: Stage) -> str:
    issuer = ("--issuer", "OpenBadgeCredential", "--relay")
    verifier = ("--verifier-purpose", PURPOSE, "--claim", "OpenBadgeCredential", "--retention-days", "90")
    applications = [(stage.college, issuer), (stage.employer, verifier)]
    lines: list[str] = []
    for node, roles in applications:
        invited = await stage.network.command("network", "invite")
        await node.command("network", "join", invited["invitation"], *roles)
        lines.append(f"{node.name} applied: {' '.join(part for part in roles if not part.startswith('--'))}")
    return "\n".join(lines)


async def admit(stage: Stage) -> str:
    for node in (stage.college, stage.employer):
        await stage.network.command("network", "approve", node.did)
    members = await stage.network.items("/network/members")
    states = {member["did"]: member["state"] for member in members}
    if [states.get(node.did) for node in stage.nodes] != ["member"] * 3:
        raise StepFailed(f"the anchor lists {states}, expected three members")
    return "three members; the anchor's log has an event for each change"


async def learn(stage: Stage) -> str:
    """Nobody calls sync: each node's own job fetches the statements."""

    async def look() -> bool | None:
        for node in stage.nodes:
            if [member["state"] for member in await node.items("/directory")] != ["member"] * 3:
                return None
        return True

    await until("every node to know all three members", look)
    sizes = [len(await node.page("/federation/directory")) for node in stage.nodes]
    return f"each node's own job fetched and verified everybody's statements; the directory is {max(sizes)} bytes"


def _pid(node: DemoNode) -> int:
    return node.process.pid if node.process else 0


STEPS = (
    ("start", "Three nodes start from empty folders", start),
    ("network", "One creates a trust network", create),
    ("join", "An institution and an employer are invited, and apply", join),
    ("admit", "The network's operator approves both", admit),
    ("directory", "In the background, every node learns who is who", learn),
)
