"""`/api/docs`: the API as one plain page that loads nothing, from anywhere."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from node.http.api.operation import AnyOperation
from node.http.api.schema import Empty

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:2.5rem;border-bottom:1px solid #ccc}"
    "code{font:14px/1.5 ui-monospace,monospace;background:#f3f3f3;padding:.1rem .3rem}"
    "dt{margin-top:1rem}dd{margin:0 0 0 1.5rem}"
)
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; frame-ancestors 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)


def docs_page(operations: Sequence[AnyOperation], *, prefix: str, title: str) -> str:
    """The page: operations by subject, each with its roles and the names of its body and answer."""
    subjects: dict[str, list[str]] = {}
    for operation in operations:
        subjects.setdefault(operation.path.split("/")[1], []).append(_entry(operation, prefix))
    sections = "".join(
        f'<h2 id="{escape(subject)}">{escape(subject)}</h2><dl>{"".join(entries)}</dl>'
        for subject, entries in sorted(subjects.items())
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<main><h1>{escape(title)}</h1>"
        '<p>The full description is at <a href="/api/openapi.json">/api/openapi.json</a>. Calls carry '
        "<code>Authorization: Bearer TOKEN</code>. Errors are problem documents (RFC 9457) that say what was "
        "<code>found</code> and what was <code>expected</code>.</p>"
        f"{sections}</main></html>"
    )


def _entry(operation: AnyOperation, prefix: str) -> str:
    facts = [f"roles: {', '.join(operation.roles)}"]
    if not issubclass(operation.body, Empty):
        facts.append(f"body: {operation.body.__name__}")
    if not issubclass(operation.response, Empty):
        facts.append(f"answer: {operation.response.__name__}")
    return (
        f"<dt><code>{escape(operation.method)} {escape(prefix + operation.path)}</code></dt>"
        f"<dd>{escape(operation.summary)}<br><small>{escape(' · '.join(facts))}</small></dd>"
    )
