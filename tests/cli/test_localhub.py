"""`roadcrew localhub`: what stops it is said in one sentence, and it limits content as GitHub does."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.errors import UserError
from bot.localhub.server import LocalHub


def _run(folder: Path, *flags: str) -> Result:
    argv = ["localhub", *(() if "--dir" in flags else ("--dir", str(folder))), *flags]
    return CliRunner().invoke(main, argv, terminal_width=100)


def _said(result: Result) -> str:
    """The one sentence on stderr of a command that ended with 2."""
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--port", "-1"), "There is no port -1"),
        (("--port", "99999"), "There is no port 99999"),
        (("--host", "nohost.invalid"), "Cannot listen on nohost.invalid port 0"),
        (("--host", ""), "The host to listen on is blank."),
        (("--user", "a/b"), "--user 'a/b' is no login"),
        (("--user", ""), "--user '' is no login"),
        (("--org", "a b"), "--org 'a b' is no login"),
        (("--dir", "/proc/x"), "A local hub cannot live in /proc/x"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, flags: tuple[str, ...], words: str) -> None:
    assert words in _said(_run(tmp_path / "hub", *flags))


def test_a_taken_port_is_one_sentence_and_lets_go_of_the_folder(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for _ in range(2):
            assert f"Cannot listen on 127.0.0.1 port {port}: Address" in _said(
                _run(tmp_path, "--port", str(port))
            )


def test_no_git_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "There is no git on the PATH." in _said(_run(tmp_path / "hub"))


def test_two_hubs_cannot_share_a_folder(tmp_path: Path) -> None:
    with LocalHub(tmp_path) as hub:
        assert f"Another local hub runs in {tmp_path}." in _said(_run(tmp_path))
        hub.create_user("developer")
    with LocalHub(tmp_path) as again:
        assert again.account("developer").login == "developer"


def test_a_damaged_store_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 20)
    assert "cannot be opened: file is not a database" in _said(_run(tmp_path))


def test_a_name_with_several_addresses(tmp_path: Path) -> None:
    with LocalHub(tmp_path, host="localhost") as hub:
        assert hub.url.startswith("http://localhost:")


def test_a_seed_that_cannot_be_a_repository(tmp_path: Path) -> None:
    seed = tmp_path / "no name"
    seed.mkdir()
    (seed / "a").write_text("1\n")
    assert "'no name' is no name for a repository" in _said(_run(tmp_path / "hub", "--seed", str(seed)))


@pytest.mark.parametrize(("flags", "limits"), [((), (80, 500)), (("--no-content-limits",), (None, None))])
def test_content_is_limited_as_on_github_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], limits: tuple[int | None, ...]
) -> None:
    seen: list[tuple[int | None, ...]] = []

    def look(hub: LocalHub) -> None:
        seen.append((hub.limits.settings.content_a_minute, hub.limits.settings.content_an_hour))

    monkeypatch.setattr(LocalHub, "wait", look)
    assert _run(tmp_path, *flags).exit_code == 0
    assert seen == [limits]


def test_help_names_the_way_to_turn_limits_off(tmp_path: Path) -> None:
    assert "--no-content-limits" in _run(tmp_path, "--help").stdout


def test_start_says_address_trouble_as_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no port 70000"):
        LocalHub(tmp_path, port=70_000).start()
