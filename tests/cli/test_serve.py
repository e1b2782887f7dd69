"""`roadcrew serve` and `roadcrew worker` up to the point where they run."""

import socket

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.cli.serve import run
from bot.localhub.acts.apps import generate_key
from bot.ports import Work
from bot.settings import SETTINGS_TABLE, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for setting in SETTINGS_TABLE:
        monkeypatch.delenv(setting.env, raising=False)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_help_names_every_setting(command):
    result = CliRunner().invoke(main, [command, "--help"], terminal_width=100)
    assert result.exit_code == 0
    for setting in SETTINGS_TABLE:
        assert setting.env in result.output
        assert setting.flag in result.output


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_bad_settings_are_sentences_and_exit_2(command):
    result = CliRunner().invoke(main, [command, "--port", "x"])
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith("ROADCREW_APP_ID is missing.")
    assert lines[-1].startswith("--port must be a whole number.")
    assert result.stdout == ""


@pytest.mark.parametrize("limits", ["0/minute", "1/second;0/hour"])
def test_limits_under_which_nothing_is_ever_written_are_a_sentence(limits):
    result = CliRunner().invoke(main, ["serve"], env={"ROADCREW_WRITE_LIMITS": limits})
    assert result.exit_code == 2
    assert "ROADCREW_WRITE_LIMITS must let at least 1 write through" in result.stderr


def test_an_unreachable_redis_is_said_at_the_start(monkeypatch, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings = {
            "APP_ID": "1",
            "PRIVATE_KEY": generate_key()[0],
            "WEBHOOK_SECRETS": "0123456789abcdef-of-a-test",
            "PLATFORM_REPO": "acme/platform",
            "REDIS_URL": f"redis://:a-password@127.0.0.1:{closed.getsockname()[1]}/0",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"ROADCREW_{name}", value)
        served = []
        monkeypatch.setattr("bot.web.server.serve_http", lambda app, **_: served.append(app))
        run(load_settings({}), lambda settings, queue: Work(handle=lambda event: None))
    said = capsys.readouterr().err
    assert "Warning: Redis is away (ConnectionError)." in said
    assert "answered with 503" in said
    assert "a-password" not in said
    assert len(served) == 1, "Redis may come later"
