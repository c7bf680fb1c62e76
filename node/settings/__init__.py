"""What an operator can set, and where from: `node.toml` < secret files < `LER_…` environment < arguments.

    node.toml                DIR/node.toml, written by `ler-node init`
    secret files             one value a file, named as in the environment without LER_: DIR/secrets/keys__master,
                             or in the folder that LER_SECRETS_DIR names (container and systemd secrets)
    environment              LER_LISTEN, nested by two underscores: LER_DATABASE__URL; tables as JSON
    arguments                what the command line was given

A name that is not in these models is an error wherever it comes from: a misspelt setting must not be a silent default.
"""

import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import tomli_w
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from node.errors import ConfigurationError
from node.settings.organisation import Organisation
from node.settings.sources import (
    NESTED,
    PREFIX,
    SecretFiles,
    check_environment,
    described,
    is_given_apart,
    read_toml,
    secrets_folder,
)
from node.settings.tables import (
    Address,
    Admin,
    Apps,
    Contexts,
    Database,
    Fetch,
    Keys,
    Limits,
    Logging,
    Publish,
    Relay,
    Statuses,
    Sync,
    Tls,
    VcApi,
    checked_listen,
    parse_listen,
)
from protocols.dids.web import document_url
from protocols.errors import ProtocolError

__all__ = [
    "Address",
    "Admin",
    "Apps",
    "Contexts",
    "Database",
    "Fetch",
    "Keys",
    "Limits",
    "Logging",
    "Organisation",
    "Publish",
    "Relay",
    "Settings",
    "Statuses",
    "Sync",
    "Tls",
    "VcApi",
    "load_settings",
    "write_initial",
]


class Settings(BaseSettings):
    """Everything a node is told from outside, checked; made by `load_settings`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter=NESTED, env_ignore_empty=True
    )

    data_dir: Path
    did: str
    name: str = Field(min_length=1, max_length=200)
    listen: str = "127.0.0.1:8101"
    admin: Admin = Admin()
    tls: Tls = Tls()
    database: Database = Database()
    fetch: Fetch = Fetch()
    publish: Publish = Publish()
    keys: Keys = Keys()
    limits: Limits = Limits()
    statuses: Statuses = Statuses()
    sync: Sync = Sync()
    relay: Relay = Relay()
    vc_api: VcApi = VcApi()
    apps: Apps = Apps()
    contexts: Contexts = Contexts()
    organisation: Organisation = Organisation()
    log: Logging = Logging()

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        return checked_listen(value)

    @field_validator("did")
    @classmethod
    def _did_web(cls, value: str) -> str:
        try:
            document_url(value)
        except ProtocolError as error:
            raise ValueError("a node is a did:web, as in did:web:node.example.edu") from error
        return value

    @property
    def origin(self) -> str:
        """The public https origin of this node, from its DID: `https://host[:port]`."""
        url = urlsplit(document_url(self.did))
        return f"https://{url.netloc}"

    @property
    def base_url(self) -> str:
        """The public URL that this node's paths stand under, without a slash at its end; a did:web may have a path."""
        url = document_url(self.did)
        return url.removesuffix("/did.json").removesuffix("/.well-known")

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def contexts_dir(self) -> Path:
        """Where the bytes of own contexts lie."""
        return self.data_dir / "contexts"

    @property
    def master_file(self) -> Path:
        """Where the master key lies, when neither the environment nor a command gives it."""
        return self.data_dir / (self.keys.master_file or self.secrets_dir / "master.key")

    @property
    def certificate(self) -> tuple[Path, Path] | None:
        """The PEM files of our own TLS: certificate chain and private key; None behind a front."""
        if self.tls.cert is None or self.tls.key is None:
            return None
        return self.data_dir / self.tls.cert, self.data_dir / self.tls.key

    @property
    def listen_address(self) -> Address:
        return parse_listen(self.listen)

    @property
    def admin_address(self) -> Address | None:
        return None if self.admin.listen is None else parse_listen(self.admin.listen)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Strongest first."""
        given: dict[str, Any] = cast(Any, init_settings).init_kwargs
        data_dir = Path(given["data_dir"])
        file = InitSettingsSource(settings_cls, read_toml(data_dir / "node.toml", settings_cls))
        return init_settings, env_settings, SecretFiles(settings_cls, secrets_folder(data_dir)), file


def load_settings(data_dir: Path, **overrides: Any) -> Settings:
    """The settings of the node in `data_dir`.

    Args:
        overrides: what the command line gave, tables as mappings; None means that it did not say.

    Raises:
        ConfigurationError: a file, name or value that cannot be used; says what was found and what would be right.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    check_environment(os.environ, Settings)
    try:
        return Settings(data_dir=data_dir.absolute(), **given)
    except ValidationError as error:
        raise described(error) from None
    except SettingsError as error:
        raise ConfigurationError(str(error), expected="tables as JSON") from None


def write_initial(settings: Settings) -> Path:
    """Writes what differs from the defaults to `node.toml` in the data directory; never a secret.

    A database URL may hold a password: where it comes from the environment or a secret file, it stays there.

    Raises:
        ConfigurationError: there is one already.
    """
    path = settings.data_dir / "node.toml"
    hidden: dict[str, Any] = {"data_dir": True, "keys": {"master"}}
    if is_given_apart("database__url", settings.data_dir):
        hidden["database"] = {"url"}
    values = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude=hidden)
    values["listen"] = settings.listen
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            tomli_w.dump({name: value for name, value in values.items() if value != {}}, file)
    except FileExistsError as error:
        raise ConfigurationError("there is a node here already", found=str(path), expected="a new folder") from error
    except OSError as error:
        raise ConfigurationError("node.toml cannot be written", found=f"{path}: {error.strerror}") from error
    return path
