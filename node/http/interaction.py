"""Interaction links, `/i/<id>`: a page for a person, protocols for a wallet.

Spec: https://w3c.github.io/vcalm/#interaction-url-format
"""

from collections.abc import Mapping
from html import escape

import segno
from aiohttp import web

from node.errors import NotFound
from node.keys import SERVICES
from node.services.invitations import Goal, Invited
from protocols.jose.encoding import canonical_json

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

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
        return _html(_gone(), headers, status=404)
    link = services.invitations.link(invited.id)
    if wants_json:
        body = canonical_json({"protocols": {"didcomm": f"{link}/invitation"}})
        return web.Response(body=body, content_type="application/json", headers=headers)
    return _html(_invited(invited, services.identity.name, f"{link}?iuv=1"), headers)


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
        f"""<p>{escape(text)}</p>
<p>Open this with your wallet: scan the code, or copy the link into it. Nothing is shared before you say yes there.</p>
<p><img src="{escape(code)}" alt="QR code of the link below" width="280" height="280"></p>
<p><a href="{escape(link)}">{escape(link)}</a></p>""",
    )


def _gone() -> tuple[str, str]:
    return (
        "This link does not work any more",
        "<p>It has expired, or it was not copied whole. Ask whoever sent it to you for a new one.</p>",
    )


def _html(page: tuple[str, str], headers: Mapping[str, str], *, status: int = 200) -> web.Response:
    title, main = page
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 0 auto; padding: 2rem 1rem; }}
h1 {{ font-size: 1.5rem; line-height: 1.25; }}
img {{ background: #fff; max-width: 100%; height: auto; }}
a {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{main}
</main>
</body>
</html>
"""
    policy = {"Content-Security-Policy": POLICY}
    return web.Response(text=text, content_type="text/html", status=status, headers={**headers, **policy})
