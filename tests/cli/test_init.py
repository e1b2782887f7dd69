"""`roadcrew init`: a platform repo that checks clean, in an empty folder and nowhere else."""

from __future__ import annotations

import subprocess

import pytest
from click.testing import CliRunner

from bot.adapters.starter import starter_files
from bot.cli import main
from tests.conftest import ROOT


def init(*argv):
    done = CliRunner().invoke(main, ["init", *map(str, argv)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_holds_what_is_shipped_and_the_next_steps_are_told(tmp_path):
    code, said, errors = init(tmp_path / "deep" / "platform")
    assert (code, errors) == (0, "")
    made = files(tmp_path / "deep" / "platform")
    assert made.keys() == {*starter_files(), "README.md", ".gitignore"}
    assert made["catalog/platform.yaml"] == (ROOT / "catalog/platform.yaml").read_text()
    assert "templates/web-service/skeleton/.roadcrew.yaml" in made
    assert said.startswith(f"Started a platform repo in {tmp_path}/deep/platform: catalog/ (")
    assert f"    cd {tmp_path}/deep/platform\n    git init --initial-branch main && git add --all && " in said


def test_it_checks_clean_under_another_name_and_the_model_is_gone(tmp_path):
    code, _, _ = init(tmp_path / "x", "--organization", "Blue-Sky-" + "x" * 30)
    assert code == 0
    made = files(tmp_path / "x")
    assert not [path for path, text in made.items() if "acme" in text.lower()]
    assert "organization: blue-sky-" in made["catalog/platform.yaml"]
    assert made["README.md"].startswith("# Blue Sky X")
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "x")])
    assert checked.exit_code == 0, checked.output


def test_a_fresh_git_repo_is_as_good_as_empty(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path / "x"], check=True, timeout=60)
    code, said, _ = init(tmp_path / "x")
    assert code == 0
    assert "git init" not in said
    assert "git add --all" in said


def test_every_step_that_it_tells_works(tmp_path):
    _, said, _ = init(tmp_path / "a platform")
    steps = [line.strip() for line in said.split("Next:\n")[1].splitlines()]
    own = [step for step in steps if not step.startswith("roadcrew ")]
    who = "-c user.name=developer -c user.email=developer@example.com"
    script = (
        " && ".join(own)
        .replace("git commit", f"git {who} commit --quiet")
        .replace("git init", "git init --quiet")
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for step in steps:
        if step.startswith("roadcrew "):
            assert step.split()[1] in main.list_commands(None)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "more").mkdir()
    code, said, errors = init(tmp_path)
    assert (code, said) == (2, "")
    assert errors.startswith(f"{tmp_path} is not empty: it holds 'more' and 1 more.")
    assert files(tmp_path) == {"notes.txt": "mine"}


def test_what_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file")[2].startswith(f"{tmp_path}/file is not a folder.")
    code, said, errors = init(tmp_path / "file" / "below")
    assert (code, said) == (2, "")
    assert errors.count("\n") == 1
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "name", ["", "a b", "-a", "a--b", "a/b", "x" * 40, "acme!", "é", "123", "null", "1e3"]
)
def test_what_is_no_organization_is_said_before_anything_is_written(tmp_path, name):
    code, said, errors = init(tmp_path / "x", "--organization", name)
    assert (code, said) == (2, "")
    assert repr(name) in errors
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["3scale", "on", "a"])
def test_odd_names_that_are_names_are_taken(tmp_path, name):
    assert init(tmp_path / "x", "--organization", name)[0] == 0
