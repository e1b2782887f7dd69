"""Every example in docs/rules.md is run: its files are written, its commands typed, their output compared."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main

PAGE = (Path(__file__).parent.parent / "docs" / "rules.md").read_text()
FILES = re.findall(r"^```(?:yaml|rego)\n# (\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TYPED = re.findall(r"^```console\n\$ (roadcrew [^\n]+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ENGINE = re.compile(r" \((?:opa|regorus)[^)\n]*\)")


def test_there_is_an_example_in_each_language():
    assert {Path(name).name for name, _ in FILES} >= {"team-label.yaml", "replicas.yaml", "images.rego"}
    assert len(TYPED) >= 4


@pytest.mark.parametrize(("command", "output"), TYPED, ids=[command for command, _ in TYPED])
def test_commands_print_what_the_page_says(command, output, tmp_path, monkeypatch):
    for name, text in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert ENGINE.sub("", done.output).strip() == ENGINE.sub("", output).strip()
    assert done.exit_code == (1 if "FAIL" in output else 0)
