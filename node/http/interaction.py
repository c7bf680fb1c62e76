"""Interaction links, `/i/<id>`: a page for a person, protocols for a wallet.

Spec: https://w3c.github.io/vcalm/#interaction-url-format
"""

from html import escape

import segno
from aiohttp import web

from node.errors import NotFound
from node.http.page import page_response
from node.keys import SERVICES
from node.services.invitations import Goal, Invited
from protocols.jose.encoding import canonical_json

routes = web.RouteTableDef()


@routes.get("/i/{id}")
async def interaction(request: web.Request) -> web.Response:
    """What a link leads to. The same link serves a browser and a wallet; Accept tells them apart."""
    services, headers = request.app[SERVICES], {"Vary": "Accept", "Cache-Control": "no-store"}
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        invited = await services.invitations.get(request.match_info["id"])
    except NotFound:
        if wants_json:
            raise
        return page_response(*_gone(), status=404, headers=headers)
    link = services.invitations.link(invited.id)
    if wants_json:
        body = canonical_json({"protocols": {"didcomm": f"{link}/invitation"}})
        return web.Response(body=body, content_type="application/json", headers=headers)
    return page_response(*_invited(invited, services.identity.name, f"{link}?iuv=1"), headers=headers)


@routes.get("/i/{id}/invitation")
async def invitation(request: web.Request) -> web.Response:
    """The out-of-band invitation, in plaintext: nothing in it is private, and nobody has signed it."""
    invited = await request.app[SERVICES].invitations.get(request.match_info["id"])
    return web.Response(
        body=canonical_json(invited.message),
        content_type="application/didcomm-plain+json",
        headers={"Cache-Control": "no-store"},
    )


def _invited(invited: Invited, name: str, link: str) -> tuple[str, str]:
    """(title, main part) of the page behind a link that is good."""
    title = {
        Goal.ENROL: f"{name} can keep your records on your phone",
        Goal.PRESENT: f"{name} asks to see records of yours",
    }[invited.goal]
    text = str(invited.message.get("body", {}).get("goal", ""))
    code = segno.make(link, error="m").svg_data_uri(scale=5, border=4)
    return (
        title,
        f"""<h1>{escape(title)}</h1>
<p>{escape(text)}</p>
<p>Open this with your wallet: scan the code, or copy the link into it. Nothing is shared before you say yes there.</p>
<p><img src="{escape(code)}" alt="QR code of the link below" width="280" height="280"></p>
<p><a href="{escape(link)}">{escape(link)}</a></p>""",
    )


def _gone() -> tuple[str, str]:
    title = "This link does not work any more"
    text = "It has expired, or it was not copied whole. Ask whoever sent it to you for a new one."
    return title, f"<h1>{title}</h1><p>{text}</p>"
