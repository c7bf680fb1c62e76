"""The one shell of all pages of this node: they load nothing from anywhere and run nothing."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

from aiohttp import web

MEDIA_TYPE = "text/html"
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:2rem 1rem}"
    "h1{font-size:1.6rem;line-height:1.25}h2{margin-top:2.5rem}h3{margin-bottom:0}"
    "a,code{overflow-wrap:anywhere}code{font:.9em/1.5 ui-monospace,monospace}"
    "dt{font-weight:600;margin-top:.6rem}dd{margin:0}"
    "label{display:block;font-weight:600}input{font:1.2rem ui-monospace,monospace;box-sizing:border-box;width:100%;"
    "max-width:22rem;padding:.5rem;margin:.3rem 0 1rem}"
    "button{font:inherit;min-height:2.75rem;padding:.4rem 1.4rem;margin:0 .6rem .6rem 0}"
    "img{background:#fff;max-width:100%;height:auto}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;"
    "border-bottom:1px solid #8888}td{overflow-wrap:anywhere}"
    "@media(max-width:30rem){table{font-size:.9rem}}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}tr,li{break-inside:avoid}}"
)
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""The style by its hash, pictures that are in the page itself; nothing else, whatever got into a page."""


def page(title: str, main: str) -> str:
    """The document. `title` is plain text; `main` is HTML in which everything typed in by somebody is escaped."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{main}</main></body></html>"
    )


def page_response(
    title: str,
    main: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form_targets: Sequence[str] = (),
) -> web.Response:
    """The document as an answer; `form_targets` are where its form may lead to, as CSP's form-action has them."""
    return as_page(web.Response(text=page(title, main), status=status, headers=headers), form_targets)


def as_page(response: web.Response, form_targets: Sequence[str] = ()) -> web.Response:
    """An answer whose body is a page, with the media type and the policy of one."""
    response.content_type, response.charset = MEDIA_TYPE, "utf-8"
    action = " ".join(form_targets) or "'none'"
    response.headers["Content-Security-Policy"] = POLICY.replace("form-action 'none'", f"form-action {action}")
    return response
