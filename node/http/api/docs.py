"""`/api/docs`: the API as one plain page that loads nothing, from anywhere."""

from collections.abc import Sequence
from html import escape

from node.http.api.operation import AnyOperation
from node.http.api.schema import Empty
from node.http.page import page


def docs_page(operations: Sequence[AnyOperation], *, prefix: str, title: str) -> str:
    """The page: operations by subject, each with its roles and the names of its body and answer."""
    subjects: dict[str, list[str]] = {}
    for operation in operations:
        subjects.setdefault(operation.path.split("/")[1], []).append(_entry(operation, prefix))
    sections = "".join(
        f'<h2 id="{escape(subject)}">{escape(subject)}</h2><dl>{"".join(entries)}</dl>'
        for subject, entries in sorted(subjects.items())
    )
    return page(
        title,
        f"<h1>{escape(title)}</h1>"
        '<p>The full description is at <a href="/api/openapi.json">/api/openapi.json</a>. Calls carry '
        "<code>Authorization: Bearer TOKEN</code>. Errors are problem documents (RFC 9457) that say what was "
        f"<code>found</code> and what was <code>expected</code>.</p>{sections}",
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
