"""`/issuer` and `/achievements/{slug}`: who this is, what it issues and what that means, for people and for programs.

One address, two forms: a plain page that loads nothing and runs nothing, or JSON-LD where the caller asks for JSON.
Everything shown was typed in by somebody, so everything is escaped.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from aiohttp import web

from node.http.page import as_page, page
from node.http.wellknown import cacheable
from node.keys import SERVICES
from node.services.issuer_metadata import VERIFICATION, alignments, offers
from protocols.jose.encoding import JsonObject, canonical_json

MAX_AGE_S = 60
JSON_LD = "application/ld+json"

routes = web.RouteTableDef()


@routes.get("/issuer")
async def issuer(request: web.Request) -> web.Response:
    """Who this node is, everything it issues, and how to verify it."""
    document = await request.app[SERVICES].issuer.document()
    return _answer(request, document, _issuer_page)


@routes.get("/achievements/{slug}")
async def achievement(request: web.Request) -> web.Response:
    """What one achievement means: the id that credentials carry."""
    document = await request.app[SERVICES].issuer.achievement(request.match_info["slug"])
    return _answer(request, document, _achievement_page)


def _answer(request: web.Request, document: JsonObject, shown: Callable[[JsonObject], str]) -> web.Response:
    if _wants_page(request.headers.get("Accept", "")):
        response = as_page(cacheable(request, shown(document).encode(), content_type="text/html", max_age_s=MAX_AGE_S))
    else:
        response = cacheable(request, canonical_json(document), content_type=JSON_LD, max_age_s=MAX_AGE_S)
    response.headers["Vary"] = "Accept"
    return response


def _wants_page(accept: str) -> bool:
    """Browsers name text/html; whoever names JSON first, or nothing, gets JSON-LD."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    html = named.index("text/html") if "text/html" in named else len(named)
    return html < len(named) and not any(name in (JSON_LD, "application/json") for name in named[:html])


def _issuer_page(document: JsonObject) -> str:
    offered = offers(document)
    verification = document[VERIFICATION]
    facts = {
        "Identifier (DID)": _code(document["id"]),
        "Its keys": _link(verification["ler:didDocument"]),
        "Its place in the trust network": _link(verification["ler:entityConfiguration"]),
        "Trust anchor": ", ".join(map(_link, verification["ler:trustAnchor"])) or "none yet",
        "Signatures": _code(", ".join(verification["ler:proofSuite"])),
        "Revocation": _code(verification["ler:statusMethod"]),
    }
    awarded = "".join(_achievement(each, "h3") for each in offered) or "<p>Nothing yet.</p>"
    name = str(document["name"])
    main = f"<h1>{escape(name)}</h1><h2>What it awards</h2>{awarded}<h2>How to verify</h2>{_facts(facts)}"
    return page(name, main)


def _achievement_page(document: JsonObject) -> str:
    return page(str(document.get("name", "")), _achievement(document, "h1"))


def _achievement(achievement: Mapping[str, Any], heading: str) -> str:
    """Name, meaning, criteria and the skills it evidences."""
    name, id = escape(str(achievement.get("name", ""))), str(achievement.get("id", ""))
    title = name if heading == "h1" else _link(id, name)
    criteria = achievement.get("criteria")
    narrative = criteria.get("narrative", "") if isinstance(criteria, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    parts = [f"<{heading}>{title}</{heading}>", f"<p>{escape(str(achievement.get('description', '')))}</p>"]
    if narrative:
        parts.append(f"<p><strong>Earned by:</strong> {escape(str(narrative))}</p>")  # pyright: ignore[reportUnknownArgumentType]
    skills = [_skill(alignment) for alignment in alignments(achievement)]
    if skills:
        parts.append(f"<p><strong>Skills it evidences:</strong></p><ul>{''.join(skills)}</ul>")
    return "".join(parts)


def _skill(alignment: JsonObject) -> str:
    url = str(alignment["targetUrl"])
    framework = alignment.get("targetFramework")
    source = f" ({escape(str(framework))})" if framework else ""
    return f"<li>{_link(url, escape(str(alignment.get('targetName', url))))}{source}</li>"


def _facts(facts: Mapping[str, str]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{value}</dd>' for name, value in facts.items())}</dl>"


def _link(url: object, text: str | None = None) -> str:
    """A link for http and https only; anything else is shown and leads nowhere."""
    shown = text if text is not None else escape(str(url))
    if not str(url).startswith(("https://", "http://")):
        return shown
    return f'<a href="{escape(str(url))}" rel="noreferrer">{shown}</a>'


def _code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"
