"""docs/commands.md says what the table of commands says; mend with --update-golden."""

import re
from pathlib import Path

import pytest
import yaml

from bot.catalog.check import check
from bot.commands.call import calls
from bot.commands.settings import command_settings
from bot.commands.table import COMMANDS
from bot.report.help import commands_table, roles_table
from tests.shelf import Shelf

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.mark.parametrize(("mark", "made"), [("commands", commands_table), ("roles", roles_table)])
def test_the_page_shows_what_the_table_says(request, mark, made):
    pattern = re.compile(rf"<!-- {mark} -->\n.*?<!-- /{mark} -->", re.DOTALL)
    wanted = f"<!-- {mark} -->\n\n{made()}\n<!-- /{mark} -->".replace("\n\n\n", "\n\n")
    if request.config.getoption("--update-golden"):
        PAGE.write_text(pattern.sub(lambda _: wanted, PAGE.read_text()))
    assert pattern.search(PAGE.read_text())[0] == wanted, "read it, then say --update-golden"


def test_every_command_is_on_the_page_with_its_usage_and_an_example():
    page = PAGE.read_text()
    for command in COMMANDS:
        assert f"\n    {command.usage}\n" in page
        assert command.examples
        assert all(f"`{one}`" in page for one in command.examples)


def test_the_page_itself_runs_nothing():
    """Whoever pastes it into a comment shows commands, and gives none."""
    assert calls(PAGE.read_text()) == ()


def test_the_settings_and_the_agent_on_the_page_are_sound():
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    groups = {
        f"catalog/{name}.yaml": yaml.safe_dump(
            {
                "apiVersion": "backstage.io/v1alpha1",
                "kind": kind,
                "metadata": {"name": name},
                "spec": {"type": "team", "children": []} if kind == "Group" else {"memberOf": []},
            }
        )
        for kind, name in (("Group", "security"), ("User", "developer"))
    }
    files = {**groups, **{f"catalog/{at}.yaml": text for at, text in enumerate(blocks)}}
    checked = check(Shelf({path: text.encode() for path, text in files.items()}), whole=True)
    assert checked.findings == ()
    settings = command_settings(checked.catalog)
    assert (settings.bare, settings.allow["retry"], settings.is_broken) == (False, (), False)
