"""`ler-node network invite --qr`: the link as a picture that a phone or another operator's camera reads."""

from pathlib import Path

from tests.support.commands import running_node


def test_an_invitation_is_drawn_into_a_new_file_and_never_over_another(tmp_path: Path) -> None:
    with running_node(tmp_path / "node") as node:
        node.json("network", "create", "--name", "Example Network")
        for name, begins in (("invite.svg", b"<?xml"), ("invite.png", b"\x89PNG")):
            node.json("network", "invite", "--qr", tmp_path / name)
            assert (tmp_path / name).read_bytes().startswith(begins)
        again = node.run("network", "invite", "--qr", tmp_path / "invite.svg")
        assert (again.returncode, "expected a new file" in again.stderr) == (64, True)
