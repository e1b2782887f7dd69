"""`roadcrew` by itself: quick help, sentences instead of traces, quiet Ctrl-C."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from bot import __version__, cli
from bot.errors import Refused, Retry, UserError


@pytest.fixture
def run(monkeypatch):
    """Runs a command that does nothing but raise this."""

    def run(error):
        def fail():
            raise error

        command = click.command("check")(fail)
        monkeypatch.setattr(cli._Group, "get_command", lambda self, ctx, name: command)
        return CliRunner().invoke(cli.main, ["check"])

    return run


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            UserError("It is no YAML.", path="a.yaml", line=3, fix="Mend it."),
            "a.yaml:3: It is no YAML. Mend it.\n",
        ),
        (Refused("The repo is archived."), "The repo is archived.\n"),
        (Retry("GitHub is away."), "GitHub is away.\n"),
    ],
)
def test_what_is_wrong_is_a_sentence_on_stderr_and_exit_2(run, error, said):
    result = run(error)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


def test_ctrl_c_is_quiet(run):
    result = run(KeyboardInterrupt())
    assert (result.exit_code, result.output) == (130, "")


def test_a_bug_is_not_hidden(run):
    assert isinstance(run(ZeroDivisionError()).exception, ZeroDivisionError)


def test_version_and_unknown_commands():
    assert CliRunner().invoke(cli.main, ["--version"]).output == f"roadcrew {__version__}\n"
    result = CliRunner().invoke(cli.main, ["chekc"])
    assert result.exit_code == 2
    assert "No such command 'chekc'" in result.stderr


def test_help_lists_every_command_and_imports_none():
    program = (
        "import sys; from bot.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith(('pydantic', 'flask', 'celery', 'github', 'pygit2', 'bot.cli.'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert all(f"  {name} " in done.stdout for name in cli.COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"
