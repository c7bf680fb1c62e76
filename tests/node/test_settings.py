"""Settings: where they come from, in which order, and what is refused."""

import os
from pathlib import Path
from typing import Any

import pytest

from node.errors import ConfigurationError
from node.settings import Address, Limits, Settings, load_settings, write_initial

DID = "did:web:localhost%3A8101"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LER_")]:
        monkeypatch.delenv(name)


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "node.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, **overrides: Any) -> tuple[str, str | None, str | None]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(folder, **overrides)
    return caught.value.detail, caught.value.found, caught.value.expected


def test_a_node_needs_no_more_than_a_did_and_a_name(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, did=DID, name="Test College")

    assert settings.origin == "https://localhost:8101"
    assert settings.base_url == "https://localhost:8101"
    assert settings.database.url is None
    assert settings.master_file == tmp_path / "secrets" / "master.key"
    assert settings.listen_address == Address("127.0.0.1", 8101)
    assert settings.admin_address is None


def test_the_limits_are_those_that_are_published(tmp_path: Path) -> None:
    assert load_settings(tmp_path, did=DID, name="N").limits.model_dump() == {
        "envelope_bytes": 1_048_576,
        "nested_layers": 3,
        "json_depth": 32,
        "credential_bytes": 262_144,
        "presentation_bytes": 294_912,
        "status_list_bytes": 2_097_152,
        "status_document_bytes": 4_194_304,
        "fetched_bytes": 1_048_576,
        "blank_nodes": 256,
        "similar_blank_nodes": 6,
        "quads": 10_000,
        "redirects": 3,
        "recipients": 16,
        "attachments": 20,
        "fetch_s": 10.0,
    }


def test_a_limit_that_nodes_have_agreed_on_cannot_be_set_to_another_value(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(f'did = "{DID}"\nname = "N"\n[limits]\ncredential_bytes = 1\n')
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path)
    assert "credential_bytes" in f"{refused.value.detail} {refused.value.found} {refused.value.expected}"


def test_a_did_with_a_path_gives_the_base_of_its_paths(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, did="did:web:node.example.edu:college", name="N")

    assert (settings.origin, settings.base_url) == ("https://node.example.edu", "https://node.example.edu/college")


def test_arguments_beat_the_environment_beats_secret_files_beat_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(
        tmp_path,
        f'did = "{DID}"\nname = "file"\nlisten = "127.0.0.1:1"\n[sync]\nstatus_every_s = 1\nfederation_every_s = 1\n'
        '[relay]\nhold_ms_max = 1\n[database]\nurl = "sqlite:////file"',
    )
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "database__url").write_text("postgresql+asyncpg://secret\n")
    (secrets / "relay__hold_ms_max").write_text("2")
    (secrets / "api-token").write_text("is no setting")
    monkeypatch.setenv("LER_RELAY__HOLD_MS_MAX", "3")
    monkeypatch.setenv("LER_SYNC__STATUS_EVERY_S", "3")
    monkeypatch.setenv("LER_LISTEN", "127.0.0.1:3")

    settings = load_settings(folder, listen="127.0.0.1:4", name=None)

    assert settings.name == "file"
    assert settings.database.url == "postgresql+asyncpg://secret"
    assert settings.relay.hold_ms_max == 3
    assert (settings.sync.status_every_s, settings.sync.federation_every_s) == (3, 1)
    assert settings.listen == "127.0.0.1:4"


def test_secret_files_may_lie_in_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "KEYS__MASTER").write_text("k" * 43)
    monkeypatch.setenv("LER_SECRETS_DIR", str(tmp_path / "run"))

    settings = load_settings(tmp_path, did=DID, name="N")

    assert settings.keys.master is not None
    assert settings.keys.master.get_secret_value() == "k" * 43
    assert "kkk" not in repr(settings)


def test_an_unknown_name_in_the_file_is_named_with_what_would_be_right(tmp_path: Path) -> None:
    folder = write(tmp_path, f'did = "{DID}"\nname = "N"\n[sync]\nstatus_evry_s = 1')

    assert refused(folder) == (
        "an unknown name in node.toml",
        "sync.status_evry_s",
        "in sync: status_every_s, status_fresh_s, status_usable_s, federation_every_s, log_every_s",
    )


@pytest.mark.parametrize("text", ["colour = 1", "[colours]\nred = 1", 'data_dir = "/"', "[listen]\nhost = 1"])
def test_unknown_names_and_tables_in_the_file_are_refused(tmp_path: Path, text: str) -> None:
    detail, _, expected = refused(write(tmp_path, text), did=DID, name="N")

    assert detail == "an unknown name in node.toml" or "cannot be used" in detail
    assert expected


@pytest.mark.parametrize("name", ["LER_COLOUR", "LER_SYNC__EVERY", "ler_lisen", "LER_SYNC__STATUS_EVERY_S__X", "LER_"])
def test_an_unknown_name_in_the_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")

    assert refused(tmp_path, did=DID, name="N")[:2] == ("an unknown name in the environment", name)


def test_what_is_not_toml_is_said_to_be_so(tmp_path: Path) -> None:
    detail, _, expected = refused(write(tmp_path, "did = "))

    assert (detail, expected) == ("node.toml cannot be read", "TOML 1.0")


def test_a_folder_without_a_node_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert refused(tmp_path) == ("did is not set", "nothing", "a node made by `ler-node init`")


@pytest.mark.parametrize(
    ("overrides", "detail"),
    [
        ({"did": "did:key:z6Mk"}, "did cannot be used"),
        ({"did": "did:web:127.0.0.1"}, "did cannot be used"),
        ({"listen": "8101"}, "listen cannot be used"),
        ({"sync": {"status_fresh_s": 10, "status_usable_s": 5}}, "sync cannot be used"),
        ({"listen": "127.0.0.1:99999"}, "listen cannot be used"),
        ({"admin": {"listen": "nowhere"}}, "admin.listen cannot be used"),
        ({"tls": {"cert": "a.pem"}}, "tls cannot be used"),
        ({"database": {"url": "mysql://x"}}, "database.url cannot be used"),
        ({"limits": {"redirects": 11}}, "limits.redirects cannot be used"),
        ({"limits": {"colour": 11}}, "limits.colour cannot be used"),
        ({"sync": {"status_every_s": 0}}, "sync.status_every_s cannot be used"),
        ({"log": {"level": "loud"}}, "log.level cannot be used"),
        ({"name": ""}, "name cannot be used"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path: Path, overrides: dict[str, Any], detail: str) -> None:
    assert refused(tmp_path, **{"did": DID, "name": "N", **overrides})[0] == detail


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1:80",
        "http://192.168.1.1:8101",
        "http://example.org:80",
        "http://localhost:8101",
        "http://localhost.example.org:80",
        "http://127.0.0.1",
        "http://127.0.0.1:80/path",
        "http://user@127.0.0.1:80",
        "https://127.0.0.1:8101",
        "http://169.254.169.254:80",
        "http://[::ffff:10.0.0.1]:80",
        "http://0.0.0.0:80",
        "http://127.0.0.1.example.org:80",
        "",
    ],
)
def test_an_origin_can_be_mapped_to_nothing_but_this_machine(tmp_path: Path, target: str) -> None:
    detail, _, expected = refused(tmp_path, did=DID, name="N", fetch={"origins": {"https://a.example": target}})

    assert detail == "fetch.origins cannot be used"
    assert expected == "a loopback address and port, as in http://127.0.0.1:8101"


@pytest.mark.parametrize("origin", ["http://a.example", "https://a.example/", "https://u@a.example", "a.example"])
def test_only_an_https_origin_can_be_mapped(tmp_path: Path, origin: str) -> None:
    detail, _, expected = refused(tmp_path, did=DID, name="N", fetch={"origins": {origin: "http://127.0.0.1:1"}})

    assert (detail, expected) == ("fetch.origins cannot be used", "an https origin, as in https://localhost:8101")


def test_a_secret_is_not_repeated_in_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LER_DATABASE__URL", "mysql://user:hunter2@host")

    assert "hunter2" not in str(refused(tmp_path, did=DID, name="N"))


def test_what_init_writes_is_read_back_the_same_and_holds_no_secret(tmp_path: Path) -> None:
    made = load_settings(
        tmp_path / "new",
        did=DID,
        name='Sankt "Olaf" – høyskole',
        keys={"master": "s" * 43},
        fetch={"origins": {"https://localhost:8101": "http://127.0.0.1:8101"}},
        tls={"cert": "/c.pem", "key": "/k.pem"},
        limits={"redirects": 2},
    )

    path = write_initial(made)

    assert path == tmp_path / "new" / "node.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "sss" not in path.read_text(encoding="utf-8")
    again = load_settings(tmp_path / "new")
    assert again.model_dump(exclude={"keys"}) == made.model_dump(exclude={"keys"})
    assert again.keys.master is None
    assert again.limits == Limits(redirects=2)


def test_a_node_is_not_written_over_another(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, did=DID, name="N")
    write_initial(settings)

    with pytest.raises(ConfigurationError, match="there is a node here already"):
        write_initial(settings)


def test_settings_do_not_change_after_they_were_read(tmp_path: Path) -> None:
    settings: Settings = load_settings(tmp_path, did=DID, name="N")

    with pytest.raises(ValueError, match="frozen"):
        settings.listen = "127.0.0.1:1"  # pyright: ignore
