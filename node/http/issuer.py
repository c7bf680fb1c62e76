"""`/issuer` and `/achievements/{slug}`: who this is, what it issues and what that means, for people and for programs.

One address, two forms: a plain page that loads nothing and runs nothing, or JSON-LD where the caller asks for JSON.
Everything shown was typed in by somebody, so everything is escaped.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, cast

from aiohttp import web

from node.http.page import as_page, page
from node.http.wellknown import cacheable
from node.keys import SERVICES
from node.services.issuer_facts import DISPUTES, HOMEPAGE, LEGAL_NAME, POLICY, PREVIOUS_NAMES, STANDING
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
    verification = document[VERIFICATION]
    facts = {
        "Identifier (DID)": _code(document["id"]),
        "Its keys": _link(verification["ler:didDocument"]),
        "Keys it used before": _link(verification["ler:keyHistory"]),
        "Its place in the trust network": _link(verification["ler:entityConfiguration"]),
        "Trust anchor": ", ".join(map(_link, verification["ler:trustAnchor"])) or "none yet",
        "Signatures": _code(", ".join(verification["ler:proofSuite"])),
        "Revocation": _code(verification["ler:statusMethod"]),
    }
    if DISPUTES in document:
        facts["If a credential is wrong"] = _link(document[DISPUTES])
    awarded = "".join(_achievement(each, "h3") for each in offers(document)) or "<p>Nothing yet.</p>"
    name = str(document["name"])
    main = (
        f"<h1>{escape(name)}</h1>{_who(document)}<h2>What it awards</h2>{awarded}<h2>How to verify</h2>{_facts(facts)}"
    )
    return page(name, main)


def _who(document: JsonObject) -> str:
    """The organisation and its standing; only what is known."""
    standing: JsonObject = document.get(STANDING, {})
    names: object = document.get("ceterms:name")
    by_language = cast(JsonObject, names).items() if isinstance(names, dict) else ()
    address: JsonObject = document.get("address", {})
    place = [address[part] for part in ("addressLocality", "addressRegion", "addressCountryCode") if part in address]
    facts = {
        "Legal name": _text(document.get(LEGAL_NAME)),
        "Names": ", ".join(f"{_text(name)} ({_text(language)})" for language, name in by_language),
        "Earlier names": ", ".join(map(_text, document.get(PREVIOUS_NAMES, []))),
        "Place": _text(", ".join(place)),
        "Home page": _link(document.get(HOMEPAGE, "")),
        "E-mail": _text(document.get("email")),
        "Telephone": _text(document.get("phone")),
        "Policy": _link(document.get(POLICY, "")),
        "Registered as": ", ".join(_text(each["identifier"]) for each in document.get("otherIdentifier", [])),
        "Standing in its network": _text(standing.get("ler:state")),
        "Member since": _text(standing.get("ler:memberSince")),
        "Successor": _link(standing.get("ler:successor", "")),
    }
    known = {name: value for name, value in facts.items() if value}
    return f"<h2>Who it is</h2>{_facts(known)}" if known else ""


def _achievement_page(document: JsonObject) -> str:
    return page(str(document.get("name", "")), _achievement(document, "h1"))


def _achievement(achievement: Mapping[str, Any], heading: str) -> str:
    """Name, meaning, criteria, what a result can be, and the skills it evidences."""
    name, id = _text(achievement.get("name")), str(achievement.get("id", ""))
    title = name if heading == "h1" else _link(id, name)
    stated: object = achievement.get("criteria")
    criteria = cast(JsonObject, stated) if isinstance(stated, dict) else {}
    parts = [f"<{heading}>{title}</{heading}>", f"<p>{_text(achievement.get('description'))}</p>"]
    if criteria.get("narrative"):
        parts.append(f"<p><strong>Earned by:</strong> {_text(criteria['narrative'])}</p>")
    if criteria.get("id"):
        parts.append(f"<p><strong>Criteria:</strong> {_link(criteria['id'])}</p>")
    results = "".join(f"<li>{_result(each)}</li>" for each in achievement.get("resultDescription", []))
    if results:
        parts.append(f"<p><strong>How it is assessed:</strong></p><ul>{results}</ul>")
    skills = [_skill(alignment) for alignment in alignments(achievement)]
    if skills:
        parts.append(f"<p><strong>Skills it evidences:</strong></p><ul>{''.join(skills)}</ul>")
    return "".join(parts)


def _result(description: JsonObject) -> str:
    levels = ", ".join(_text(level.get("name")) for level in description.get("rubricCriterionLevel", []))
    return f"{_text(description.get('name'))}{f': {levels}' if levels else ''}"


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


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))


def _code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"
