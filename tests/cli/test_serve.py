"""`roadcrew serve` and `roadcrew worker` up to the point where they run."""

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import SETTINGS_TABLE


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
