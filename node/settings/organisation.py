"""The table `[organisation]` of `node.toml`: who the organisation is, as it is published at `/issuer`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from protocols.credentials.shape import is_url

Text = Annotated[str, Field(min_length=1, max_length=200)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]


class Organisation(BaseModel):
    """Facts that only the operator knows; all may be left out, and then nothing is said about them.

    `names` are display names by BCP 47 language. `dispute_contact` is a URL, or an e-mail address, for whoever thinks
    that a credential says something wrong about them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    legal_name: Text | None = None
    names: dict[Language, Text] = Field(default_factory=dict[str, str], max_length=32)
    previous_names: tuple[Text, ...] = Field(default=(), max_length=32)
    logo: str | None = None
    homepage: str | None = None
    policy: str | None = None
    ror: Annotated[str, Field(pattern=r"^https://ror\.org/0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}$")] | None = None
    ctid: Annotated[str, Field(pattern=r"^ce-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    region: Text | None = None
    locality: Text | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}$")] | None = None
    phone: Annotated[str, Field(pattern=r"^\+[0-9 ()-]{4,30}$")] | None = None
    dispute_contact: Text | None = None

    @field_validator("logo", "homepage", "policy")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        if value is not None and not (is_url(value) and _is_https(value) and len(value) <= 2048):
            raise ValueError("expected an https URL")
        return value


def _is_https(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme == "https" and bool(url.hostname)
