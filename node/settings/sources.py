"""Where settings come from, and that no name in any of them is unknown.

pydantic-settings passes over unknown names in the environment; a misspelt limit would then be a silent default.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource

from node.errors import ConfigurationError

PREFIX = "LER_"
NESTED = "__"
SECRETS_DIR = "LER_SECRETS_DIR"
NOT_SETTINGS = frozenset({SECRETS_DIR, "LER_DATA", "LER_PASSPHRASE", "LER_TOKEN", "LER_URL"})
"""Names that the command reads from the environment for itself."""
MAX_SECRET_BYTES = 16 * 1024


class SecretFiles(EnvSettingsSource):
    """The files of a folder, read as if they were environment variables. Files of other names are not touched."""

    def __init__(self, settings_cls: type[BaseSettings], folder: Path) -> None:
        self._folder = folder
        super().__init__(settings_cls, env_prefix="")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        if not self._folder.is_dir():
            return {}
        paths = (path for path in sorted(self._folder.iterdir()) if path.is_file())
        return {
            path.name.lower(): _read_secret(path)
            for path in paths
            if is_setting(self.settings_cls, path.name.lower().split(NESTED))
        }


def secrets_folder(data_dir: Path) -> Path:
    """Where secret files lie: the folder that LER_SECRETS_DIR names, or DIR/secrets."""
    named = os.environ.get(SECRETS_DIR)
    return Path(named) if named else data_dir / "secrets"


def is_given_apart(name: str, data_dir: Path) -> bool:
    """Whether the environment or a secret file gives the setting `name`, nested by two underscores."""
    in_environment = any(variable.lower() == f"{PREFIX}{name}".lower() for variable in os.environ)
    return in_environment or (secrets_folder(data_dir) / name).is_file()


def read_toml(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """The values of `node.toml`, empty where there is none.

    Raises:
        ConfigurationError: not readable, not TOML, or with a name that `model` does not have.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError("node.toml cannot be read", found=str(error)[:200], expected="TOML 1.0") from error
    for name in _names(values, model):
        if name == ["data_dir"] or not is_setting(model, name):
            raise ConfigurationError(
                "an unknown name in node.toml", found=".".join(name), expected=_expected(model, name)
            )
    return values


def check_environment(environment: Mapping[str, str], model: type[BaseModel]) -> None:
    """Raises ConfigurationError for a LER_ name that is no setting."""
    for variable in environment:
        if not variable.upper().startswith(PREFIX) or variable.upper() in NOT_SETTINGS:
            continue
        name = variable[len(PREFIX) :].lower().split(NESTED)
        if not is_setting(model, name):
            raise ConfigurationError(
                "an unknown name in the environment", found=variable, expected=_expected(model, name)
            )


def is_setting(model: type[BaseModel], name: Sequence[str]) -> bool:
    """Whether `name`, from the outermost table inwards, leads to a setting or a table of `model`."""
    table = _table(model, name[:-1])
    return table is not None and name[-1] in table.model_fields


def described(error: ValidationError) -> ConfigurationError:
    """The first thing wrong, with where it stands; the value only where it cannot be a secret."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return ConfigurationError(f"{name} is not set", found="nothing", expected="a node made by `ler-node init`")
    is_secret = name.startswith(("keys", "database"))
    expected = first["msg"].removeprefix("Value error, ").removeprefix("expected ")
    return ConfigurationError(
        f"{name or 'the settings'} cannot be used",
        found=None if is_secret else str(first.get("input"))[:100],
        expected=expected[:1].lower() + expected[1:],
    )


def _table(model: type[BaseModel], path: Sequence[str]) -> type[BaseModel] | None:
    for part in path:
        field = model.model_fields.get(part)
        kinds = () if field is None else (field.annotation, *get_args(field.annotation))
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not tables:
            return None
        model = tables[0]
    return model


def _names(values: Mapping[str, Any], model: type[BaseModel]) -> Iterator[list[str]]:
    """Every name in `values`, as deep as `model` has tables: below that, names are values (`fetch.origins`)."""
    for name, value in values.items():
        table = _table(model, [name])
        if isinstance(value, dict) and table is not None:
            for rest in _names(cast(dict[str, Any], value), table):
                yield [name, *rest]
        else:
            yield [name]


def _expected(model: type[BaseModel], name: Sequence[str]) -> str:
    for length in range(len(name) - 1, -1, -1):
        table = _table(model, name[:length])
        if table is not None:
            within = ".".join(name[:length])
            names = ", ".join(known for known in table.model_fields if known != "data_dir")
            return f"in {within}: {names}" if within else f"one of {names}"
    raise AssertionError("the outermost table is always there")


def _read_secret(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SECRET_BYTES:
            raise ConfigurationError("a secret file too large", found=path.name, expected=f"{MAX_SECRET_BYTES} bytes")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("a secret file that cannot be read", found=path.name, expected="UTF-8 text") from error
