"""The tables of `node.toml`, each with its defaults and what it refuses."""

import shlex
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, field_validator, model_validator

from node.log import Format, Level
from protocols.credentials.shape import is_url
from protocols.status.freshness import FreshnessPolicy


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Table):
    """The most of everything; each is refused with a problem of its own. Sizes in bytes.

    What nodes have agreed on is fixed in `protocols/` and stands here so that one table names it all: another value
    is refused, not ignored. What concerns this node's own calls can be set.
    """

    envelope_bytes: Literal[1_048_576] = 1_048_576
    nested_layers: Literal[3] = 3
    json_depth: Literal[32] = 32
    credential_bytes: Literal[262_144] = 262_144
    presentation_bytes: Literal[294_912] = 294_912
    status_list_bytes: Literal[2_097_152] = 2_097_152
    """Inflated."""
    status_document_bytes: Literal[4_194_304] = 4_194_304
    fetched_bytes: PositiveInt = 1024 * 1024
    blank_nodes: Literal[256] = 256
    similar_blank_nodes: Literal[6] = 6
    """Blank nodes of one document that may share a first-degree hash."""
    quads: Literal[10_000] = 10_000
    redirects: int = Field(default=3, ge=0, le=10)
    recipients: Literal[16] = 16
    attachments: Literal[20] = 20
    fetch_s: float = Field(default=10.0, gt=0, le=60)


class Address(NamedTuple):
    """Where a socket listens."""

    host: str
    port: int


class Admin(_Table):
    """An address of its own for the operators' side; shared with everyone where it is not set."""

    listen: str | None = None

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str | None) -> str | None:
        return None if value is None else checked_listen(value)


class Tls(_Table):
    """PEM files, a relative path begins in the data directory; without them a TLS front stands before the node."""

    cert: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.cert is None) != (self.key is None):
            raise ValueError("tls.cert and tls.key belong together")
        return self


class Database(_Table):
    """`url` None: SQLite in the data directory. A relative SQLite path begins there too."""

    url: str | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("sqlite:///", "postgresql+asyncpg://")):
            raise ValueError("expected sqlite:///FILE or postgresql+asyncpg://…")
        return value


class Fetch(_Table):
    """How the node calls others.

    `origins` maps an https origin to the plain loopback origin that stands for it, for development only, inside the
    Fetcher only. It can lead nowhere but to this machine.
    """

    origins: dict[str, str] = Field(default_factory=dict[str, str])
    at_once_per_origin: PositiveInt = 8
    burst_per_origin: PositiveInt = 500
    per_s_per_origin: float = Field(default=100.0, gt=0)

    @field_validator("origins")
    @classmethod
    def _loopback_only(cls, value: dict[str, str]) -> dict[str, str]:
        return {_https_origin(name): _loopback_origin(target) for name, target in value.items()}


class Keys(_Table):
    """Where the 32-byte master key comes from, first found: `master`, `master_command`, `master_file`."""

    master: SecretStr | None = None
    master_command: str | None = None
    """A command line, run without a shell, that prints the key."""
    master_file: Path | None = None

    @property
    def command(self) -> tuple[str, ...] | None:
        """`master_command` as arguments."""
        return None if self.master_command is None else tuple(shlex.split(self.master_command))


class Sync(_Table):
    """How often what others publish is looked at again, and how long a status list counts, in seconds.

    Up to `status_fresh_s` after it was heard of a list is fresh, up to `status_usable_s` stale, then it says nothing.
    """

    status_every_s: float = Field(default=30.0, ge=0.1)
    status_fresh_s: int = Field(default=3600, ge=1)
    status_usable_s: int = Field(default=7 * 24 * 3600, ge=1)
    federation_every_s: float = Field(default=60.0, ge=0.1)
    log_every_s: float = Field(default=600.0, ge=0.1, le=3600.0)
    """How often what was issued is put under a new head of the issuance log."""

    @model_validator(mode="after")
    def _ages(self) -> "Sync":
        if self.status_fresh_s > self.status_usable_s:
            raise ValueError("a list cannot be fresh for longer than it is usable: status_fresh_s, status_usable_s")
        return self

    @property
    def freshness(self) -> FreshnessPolicy:
        return FreshnessPolicy(fresh_s=self.status_fresh_s, usable_s=self.status_usable_s)


class Statuses(_Table):
    """Further statuses that this node's credentials can have, beside revoked and suspended.

    `messages` are 2, 4, 8 … 256 texts: the first is what every credential begins with. Credentials repeat them, so a
    change counts for credentials signed from then on.
    """

    messages: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()
    message_reference: str | None = None

    @field_validator("messages")
    @classmethod
    def _one_a_value(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and (len(value) not in (2, 4, 8, 16, 32, 64, 128, 256) or len(set(value)) != len(value)):
            raise ValueError("expected 2, 4, 8, 16, 32, 64, 128 or 256 different messages, one a value")
        return value

    @field_validator("message_reference")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not is_url(value):
            raise ValueError("expected a URL")
        return value


class Relay(_Table):
    """The exit may hold a message for a random time up to this, so that arrivals and departures do not pair up."""

    hold_ms_max: int = Field(default=1000, ge=0, le=10_000)


class VcApi(_Table):
    """`open`: the VC-API asks for no token. For test suites."""

    open: bool = False


class Publish(_Table):
    """`webvh`: a did:webvh with the history of this node's keys is published beside its did:web."""

    webvh: bool = False


class Apps(_Table):
    """Apps that learners let in, by OAuth 2.0, to their badges here. Times in seconds.

    `terms_url` and `privacy_policy_url` are the institution's own; where they are not set, its page `/issuer` stands
    for both.
    """

    sign_in_code_s: int = Field(default=3600, ge=60, le=7 * 24 * 3600)
    authorization_code_s: int = Field(default=60, ge=10, le=600)
    access_token_s: int = Field(default=3600, ge=60, le=24 * 3600)
    refresh_token_s: int = Field(default=30 * 24 * 3600, ge=3600, le=366 * 24 * 3600)
    grant_s: int = Field(default=365 * 24 * 3600, ge=3600)
    """How long a yes of a learner lasts at most, however often it is refreshed."""
    unused_clients: int = Field(default=1000, ge=0)
    """Registered clients that nobody has approved yet; no more are taken than these. 0: none register."""
    registrations_per_hour: PositiveInt = 20
    """From one address."""
    terms_url: str | None = None
    privacy_policy_url: str | None = None

    @field_validator("terms_url", "privacy_policy_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not is_url(value):
            raise ValueError("expected a URL")
        return value


class Contexts(_Table):
    """JSON-LD contexts besides the built-in ones: SHA-256 in hex by URL, as `ler-node contexts add` writes them.

    Their bytes lie in the data directory, in `contexts/`, under their digests.
    """

    allowed: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(
        default_factory=dict[str, str], max_length=32
    )


class Logging(_Table):
    level: Level = "info"
    format: Format = "auto"


def parse_listen(text: str) -> Address:
    """`host:port` or `[ipv6]:port`; raises ValueError for anything else."""
    host, colon, port = text.rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("expected host:port, as in 127.0.0.1:8101")
    return Address(host, int(port))


def checked_listen(text: str) -> str:
    """`text`, when `parse_listen` takes it."""
    parse_listen(text)
    return text


def _https_origin(text: str) -> str:
    url = urlsplit(text)
    if not url.hostname or text != f"https://{url.netloc}" or "@" in url.netloc:
        raise ValueError("expected an https origin, as in https://localhost:8101")
    return text.lower()


def _loopback_origin(text: str) -> str:
    url = urlsplit(text)
    try:
        is_loopback = ip_address(url.hostname or "").is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback or url.port is None or text != f"http://{url.netloc}" or "@" in url.netloc:
        raise ValueError("expected a loopback address and port, as in http://127.0.0.1:8101")
    return text
