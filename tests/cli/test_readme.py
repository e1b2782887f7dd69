"""The README's own commands, typed as they stand there into the platform repo that it starts."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.cli.test_plan import commit, git
from tests.conftest import ROOT

SECTIONS = ("### Start a platform repo", "### Ask the catalog", "### See manifests")


def typed(section):
    """The indented lines of a section, without their comments."""
    text = (ROOT / "README.md").read_text().split(f"{section}\n", 1)[1]
    body = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [line.split("#")[0].strip() for line in body.splitlines() if line.startswith("    roadcrew ")]


def run(line, folder):
    argv = shlex.split(line)
    assert argv[0] == "roadcrew"
    return subprocess.run(
        [sys.executable, "-m", "bot", *argv[1:]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def platform(tmp_path):
    """The repo that the README starts, with one commit on main and one on a branch."""
    (start,) = typed(SECTIONS[0])
    done = run(start, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "my-platform"
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, {})
    cart = (folder / "catalog/components/cart.yaml").read_text()
    commit(folder, {"catalog/components/cart.yaml": f"{cart}    port: 9000\n"}, branch="change")
    return folder


def test_every_command_runs_and_answers(platform):
    for section in SECTIONS[1:]:
        lines = typed(section)
        assert len(lines) == 5
        for line in lines:
            done = run(line, platform)
            assert done.returncode == ("diff" in line), f"{line}: {done.stdout}{done.stderr}"
            assert done.stdout, line
            assert done.stderr == "", line
    assert (platform / "rendered/prod/checkout").is_dir()
    assert git(platform, "status", "--porcelain") == "", "rendered/ is ignored"


def test_every_command_on_rules_runs_and_answers(platform):
    lines = typed("### Write rules")
    assert len(lines) == 5
    for line in lines:
        done = run(line, platform)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        assert done.stdout, line
    assert git(platform, "status", "--porcelain").split() == ["??", "catalog/waivers/"]


def test_every_command_on_requests_runs_and_answers(platform):
    lines = typed("### Ask for what ends")
    assert len(lines) == 5
    for line in lines[:3]:
        done = run(line, platform)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        assert done.stdout + done.stderr, line
    for line in lines[3:]:
        done = run(line, platform)
        assert (done.returncode, "nothing was" in done.stderr) == (2, True), line
    assert git(platform, "status", "--porcelain").split() == ["??", "catalog/requests/"]
