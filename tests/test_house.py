"""The house rules that no linter knows: sizes, openings, and that every effect has its arm."""

import ast
import re
import subprocess
import typing
from pathlib import Path

import pytest

from bot.deciders import DECIDERS
from bot.model import plan as nouns

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("workers/**/*.py")])
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_reads_in_one_sitting(path):
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if node.end_lineno - node.lineno >= LONGEST_FUNCTION]
    assert not long
    assert ast.get_docstring(tree), "a module says what it is"


def test_every_effect_has_an_arm_in_apply():
    arms = (ROOT / "bot/apply.py").read_text()
    for effect in typing.get_args(nouns.Effect):
        assert f"case {effect.__name__}(" in arms


def test_every_decider_is_told_of_in_the_architecture():
    told = (ROOT / "docs/architecture.md").read_text()
    for decider in DECIDERS:
        assert f"`{decider.name}`" in told
        assert decider.help.endswith(".")


def test_only_the_settings_read_the_environment():
    readers = [
        name(path)
        for path in SOURCES
        if re.search(r"os\.environ(?!\[name\] for name)|os\.getenv", path.read_text())
        and path.parent.name not in {"git", "localhub"}
    ]
    allowed = {"bot/adapters/child.py"}
    assert set(readers) <= allowed, "an allow-list for a child process is the only other reason"


def test_no_subprocess_goes_through_a_shell():
    assert not [
        name(path) for path in SOURCES if re.search(r"shell=True|os\.system|os\.popen", path.read_text())
    ]


def test_nothing_of_a_machine_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if line.endswith((".pem", ".sqlite", ".pyc"))]
