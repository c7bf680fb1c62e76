"""The shell of every page: its style is allowed by its hash, and nothing else is."""

import base64
import hashlib
import re

from node.http.page import POLICY, page
from tests.support.served import Served


async def test_every_page_allows_its_own_style_and_nothing_else(served: Served) -> None:
    made = await served.services.learners.enrol("Ada", "S-1")
    for path in ("/issuer", "/api/docs", "/i/nothing", "/i/" + made.link.rpartition("/")[2]):
        answer = await served.client.get(path, headers={"Accept": "text/html"})
        text = await answer.text()
        assert (answer.content_type, answer.charset) == ("text/html", "utf-8"), path
        assert answer.headers["Content-Security-Policy"] == POLICY
        (style,) = re.findall("<style>(.*?)</style>", text)
        assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in POLICY
        assert (text.count("<h1>"), text.count("<title>"), text.count("<main>")) == (1, 1, 1), path
        assert "style=" not in text
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'; ")


def test_a_title_is_text() -> None:
    assert "<title>A &amp; &lt;b&gt;</title>" in page("A & <b>", "<p>main</p>")
