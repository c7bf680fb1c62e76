"""An app of a learner, by Authlib's own client side, and the browser in which the learner answers it."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientResponse
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from protocols.credentials.open_badges.api import Scope
from tests.support.served import Served

REDIRECT = "https://app.example/back"
ALL = " ".join(scope.value for scope in Scope)
API = "/ims/ob/v3p0"


@dataclass
class App:
    """`client` is what it was registered as; `tokens` what it got last."""

    served: Served
    client: dict[str, Any] = field(default_factory=dict[str, Any])
    verifier: str = field(default_factory=lambda: generate_token(48))
    tokens: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    async def registered(cls, served: Served, **description: Any) -> "App":
        app = cls(served)
        given = {
            "client_name": "Job Boat",
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": ALL,
        }
        async with served.client.post("/oauth/register", json={**given, **description}) as response:
            assert response.status == 201, await response.text()
            app.client = await response.json()
        return app

    def link(self, **changes: Any) -> str:
        """Where the app sends the learner's browser; a change to None leaves a parameter out."""
        given = {
            "redirect_uri": REDIRECT,
            "scope": self.client["scope"],
            "state": "s-1",
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
            "response_type": "code",
            "client_id": self.client["client_id"],
        }
        wanted = {name: value for name, value in {**given, **changes}.items() if value is not None}
        return prepare_grant_uri("/oauth/authorize", wanted.pop("client_id"), wanted.pop("response_type"), **wanted)

    async def answered(self, code: str, answer: str = "allow", **changes: Any) -> tuple[int, dict[str, str], str]:
        """Opens the link, fills in the form as it stands on the page, and sends it."""
        async with self.served.client.get(self.link(**changes)) as page:
            text = await page.text()
            assert page.status == 200, text
        found = re.search(r'<form method="post" action="([^"]+)"', text)
        assert found is not None
        form = {"one_time_code": code, "answer": answer}
        async with self.served.client.post(unescape(found[1]), data=form, allow_redirects=False) as response:
            return response.status, sent_to(response), await response.text()

    async def token(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        """Asks the token endpoint."""
        given = {
            "grant_type": "authorization_code",
            "client_id": self.client["client_id"],
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        }
        form = {name: value for name, value in {**given, **changes}.items() if value is not None}
        async with self.served.client.post("/oauth/token", data=form) as response:
            answer = await response.json()
            if response.status == 200:
                self.tokens = answer
            return response.status, answer

    async def let_in(self, code: str, **changes: Any) -> None:
        """The whole way to an access token."""
        status, sent, text = await self.answered(code, **changes)
        assert (status, sent.get("state")) == (303, "s-1"), text
        status, answer = await self.token(code=sent["code"])
        assert status == 200, answer

    async def call(self, method: str, path: str, **given: Any) -> tuple[int, Any, dict[str, str]]:
        """Asks the API with the access token: (status, JSON or text, headers)."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}", **given.pop("headers", {})}
        async with self.served.client.request(method, f"{API}{path}", headers=headers, **given) as response:
            is_json = response.content_type == "application/json" and response.status != 304
            body = await response.json() if is_json else await response.text()
            return response.status, body, dict(response.headers)


def sent_to(response: ClientResponse) -> dict[str, str]:
    """The parameters that a redirect takes to the app; nothing where it leads elsewhere."""
    location = response.headers.get("Location", "")
    if not location.startswith(f"{REDIRECT}?"):
        return {}
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def learner_of(served: Served, name: str = "Ada Lovelace", reference: str = "S-1") -> str:
    """The id of a learner who is known now."""
    body = {"name": name, "reference": reference}
    async with served.client.post("/api/v1/learners", json=body, headers=served.bearer) as response:
        return (await response.json())["learner"]["id"]


async def code_of(served: Served, learner: str) -> str:
    async with served.client.post(f"/api/v1/learners/{learner}/sign-in-code", headers=served.bearer) as response:
        assert response.status == 201
        return (await response.json())["code"]
