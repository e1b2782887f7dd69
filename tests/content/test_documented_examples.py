"""Whatever the pages show as a command can be written on the platform that is shipped, and does what it says."""

import re
from pathlib import Path

import pytest
import yaml

from bot.catalog.check import check
from bot.catalog.own import AgentSpec
from bot.commands.arguments import Bound, bind
from bot.commands.call import Call, calls
from bot.commands.table import COMMANDS, find_command
from bot.deciders.decider import Rights
from bot.leases.kind import kind_names
from bot.templating.environment import environments
from tests.content.golden import shipped
from tests.deciders.talk import Thread, ends, said
from tests.shelf import Shelf

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/commands.md", "templates/README.md")
ASKING = ("access", "request", "waive")
SHOWN = re.compile(r"(?:`|^ +)(/(?:access|request|waive) [^`\n]*--[^`\n]*)(?:`|$)", re.MULTILINE)
"""Commands with all that they need, in a sentence or a block; usages have words in capitals."""


def on_pages():
    found = (one for page in PAGES for one in SHOWN.findall((ROOT / page).read_text()))
    return [one for one in found if not re.search(r"\b[A-Z]{4,}\b(?!_)|\u2026|[.][.][.]", one)]


EXAMPLES = sorted({*(one for command in COMMANDS for one in command.examples), *on_pages()})


@pytest.mark.parametrize("text", EXAMPLES)
def test_it_can_be_written_like_this(text):
    (call,) = calls(text)
    assert isinstance(call, Call)
    assert isinstance(bind(call, find_command(call.name)), Bound)


@pytest.mark.parametrize(
    "text", [one for one in EXAMPLES if one.startswith(tuple(f"/{name} " for name in ASKING))]
)
def test_it_is_asked_for_on_the_shipped_platform(tree_of, text):
    thread = Thread(tree_of, shipped(), rights={"developer": Rights("write")})
    plan = thread.hears(text, "developer")
    assert ends(plan) in ([(True, "asked")], [(True, "asked-glass")]), said(plan)


@pytest.mark.parametrize("page", PAGES)
def test_agents_are_bounded_by_what_there_is(page):
    catalog = check(Shelf(shipped()), whole=True).catalog
    stages = {one.name for one in environments(catalog)}
    for text in re.findall(r"^\s*agent: (\{.*\})$", (ROOT / page).read_text(), re.MULTILINE):
        spec = AgentSpec.model_validate(yaml.safe_load(text))
        assert {*spec.requests} <= {*kind_names(catalog)}
        assert {*spec.environments} <= stages
        assert catalog.get(f"user:default/{spec.actsFor.removeprefix('user:')}") is not None
