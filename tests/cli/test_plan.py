"""`roadcrew plan` on real clones: the bot's words, offline, and nothing written."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.journeys.troupe import NAME, Troupe
from tests.platforms import PLATFORM, component

WRONG = component("cart", owner="nobody")
RIGHT = component("cart")
WHO = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    **{
        f"GIT_{role}_{what}": f"developer{end}"
        for role in ("AUTHOR", "COMMITTER")
        for what, end in (("NAME", ""), ("EMAIL", "@example.com"))
    },
}


def git(folder, *argv):
    done = subprocess.run(
        ["git", "-C", str(folder), *argv],
        env={"PATH": os.environ["PATH"], **WHO},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def commit(folder, files, *, branch=""):
    if branch:
        git(folder, "switch", "--quiet", "-c", branch)
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Change files")


@pytest.fixture
def repo(tmp_path):
    """A platform repo with a branch `change` checked out, which adds a good component."""
    folder = tmp_path / "platform"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, PLATFORM)
    commit(folder, {"catalog/cart.yaml": RIGHT}, branch="change")
    return folder


def plan(*argv):
    """Exit code, output and errors."""
    done = CliRunner().invoke(main, ["plan", *map(str, argv)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_good_change_is_shown_with_all_that_it_leads_to(repo):
    code, said, errors = plan(repo)
    assert (code, errors) == (0, "")
    assert said.startswith("check roadcrew: success\nReady: merging renders cart to env/dev\n")
    assert "+++ b/cart/configmap-cart.yaml" in said
    assert "on merge: env/dev gets one commit, 2 folders" in said
    assert "    cart/: 2 files" in said


def test_a_bad_change_is_refused_with_place_and_fix(repo):
    commit(repo, {"catalog/cart.yaml": WRONG})
    code, said, _ = plan(repo)
    assert code == 1
    assert "catalog/cart.yaml:8:10  deny  reference-unknown" in said
    assert "    Fix: " in said
    assert "on merge" not in said


def test_a_conflict_names_its_files(repo):
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"catalog/cart.yaml": component("cart", size=9)})
    code, said, _ = plan(repo, "--base", "main", "--head", "change")
    assert code == 1
    assert said.splitlines()[1:] == ["This branch conflicts with its base", "catalog/cart.yaml"]


def test_json_has_comment_check_and_effects(repo):
    code, said, _ = plan(repo, "--format", "json")
    document = json.loads(said)
    assert code == 0
    assert set(document) == {"comment", "check", "effects", "on_merge", "why"}
    assert document["check"]["conclusion"] == "success"
    assert [effect["kind"] for effect in document["effects"]] == ["EnsureCheck", "EnsureComment"]
    (files,) = document["on_merge"]
    assert (files["kind"], files["branch"]) == ("EnsureFiles", "env/dev")
    assert "size" in files["folders"]["cart"]["configmap-cart.yaml"]
    assert json.loads(plan(repo, "--format", "json")[1]) == document, "promise 3: same input, same bytes"


@pytest.mark.parametrize("files", [{"catalog/cart.yaml": WRONG}, {"catalog/cart.yaml": RIGHT}])
def test_markdown_is_the_very_comment_of_the_bot(tmp_path, app_key, files):
    clone = tmp_path / "clone"
    with Troupe(tmp_path, app_key) as troupe, troupe.bot() as queue:
        number = troupe.open(files)
        troupe.settle(queue)
        (body,) = troupe.bodies(number)
        url = troupe.hub.clone_url(NAME, troupe.stage.tokens["developer"])
        subprocess.run(["git", "clone", "--quiet", url, str(clone)], check=True, timeout=60)
    code, said, _ = plan(clone, "--base", "origin/main", "--head", "origin/change", "--format", "markdown")
    assert said.rstrip("\n") == body
    assert code == (1 if "nobody" in str(files) else 0)
    assert plan(clone, "--head", "origin/change", "--format", "markdown")[1] == said, "the default base"


@pytest.mark.parametrize(
    "origin", ["git@github.com:acme/platform.git", "https://me:canary@github.com/acme/platform"]
)
def test_links_lead_to_where_the_clone_came_from_without_its_password(repo, origin):
    git(repo, "remote", "add", "origin", origin)
    commit(repo, {"catalog/cart.yaml": WRONG})
    _, said, _ = plan(repo, "--format", "markdown")
    head = git(repo, "rev-parse", "HEAD")
    assert f"(https://github.com/acme/platform/blob/{head}/catalog/cart.yaml#L8)" in said
    assert "canary" not in said


def test_a_repo_without_an_address_gets_no_links(repo):
    commit(repo, {"catalog/cart.yaml": WRONG})
    assert "http" not in plan(repo, "--format", "markdown")[1]


@pytest.mark.parametrize("option", ["--base", "--head"])
def test_a_wrong_revision_is_said(repo, option):
    code, said, errors = plan(repo, option, "nothing")
    assert (code, said) == (2, "")
    assert "'nothing' is no commit, branch or tag" in errors
    assert "git branch --all" in errors


@pytest.mark.parametrize(
    "revision", ["HEAD:catalog", "HEAD:README.md", "..", "-x", "main..change", "\x00", "a" * 5000]
)
def test_what_is_no_commit_is_said(repo, revision):
    code, _, errors = plan(repo, f"--head={revision}")
    assert code == 2
    assert "is no commit" in errors


@pytest.mark.parametrize("folder", ["not-a-repo", "not-there", "not-there/at/all"])
def test_a_folder_without_a_repo_is_said(tmp_path, folder):
    (tmp_path / "not-a-repo").mkdir()
    code, said, errors = plan(tmp_path / folder)
    assert (code, said) == (2, "")
    assert "is not inside a git repository" in errors
    assert "roadcrew check" in errors


def test_a_broken_repo_is_said(repo):
    (repo / ".git/config").write_text("[core\n")
    code, _, errors = plan(repo)
    assert code == 2
    assert "cannot be opened" in errors


def test_a_repo_without_a_commit_is_said(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    code, _, errors = plan(tmp_path)
    assert code == 2
    assert "no branch main or master" in errors
    assert "--base" in errors


@pytest.mark.parametrize("branch", ["master", "main"])
def test_without_a_base_it_is_the_branch_that_is_there(repo, branch):
    git(repo, "branch", "--move", "main", branch)
    code, said, _ = plan(repo, "--format", "markdown")
    assert code == 0
    assert f"as it would merge into `{branch}`" in said


def test_without_a_base_it_is_origins_default_branch(repo, tmp_path):
    git(repo, "branch", "--move", "main", "trunk")
    git(repo, "switch", "--quiet", "trunk")
    git(tmp_path, "clone", "--quiet", str(repo), "clone")
    commit(tmp_path / "clone", {"catalog/cart.yaml": RIGHT}, branch="change")
    assert "as it would merge into `trunk`" in plan(tmp_path / "clone", "--format", "markdown")[1]


def test_a_shallow_clone_is_told_from_unrelated_histories(repo, tmp_path):
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"README.md": "# more\n"})
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{repo}", "clone")
    code, _, errors = plan(tmp_path / "clone", "--head", "origin/change")
    assert code == 2
    assert "git fetch --unshallow" in errors
    git(repo, "switch", "--quiet", "--orphan", "other")
    commit(repo, {"catalog/cart.yaml": RIGHT})
    code, said, _ = plan(repo, "--base", "main")
    assert code == 1
    assert "shares no history with its base" in said


def test_a_clone_without_its_files_is_said(repo, tmp_path):
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repo}", "partial")
    code, _, errors = plan(tmp_path / "partial", "--base", "main", "--head", "change")
    assert code == 2
    assert "does not hold all that is needed" in errors


def test_any_kind_of_repository_gives_the_same_plan(repo, tmp_path):
    expected = plan(repo)
    git(repo, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), "change")
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    git(repo, "branch", "same", "change")
    git(repo, "switch", "--quiet", "--detach", "change")
    assert plan(repo) == expected, "a detached head"
    assert plan(repo / "catalog") == expected, "a folder inside"
    assert plan(tmp_path / "tree") == expected, "a linked work tree"
    assert plan(tmp_path / "bare.git", "--head", "change") == expected, "a bare repository"
    git(tmp_path, "clone", "--quiet", "--shared", "--branch", "change", str(repo), "borrowing")
    assert plan(tmp_path / "borrowing", "--base", "origin/main") == expected, (
        "a clone that borrows its objects"
    )


def test_what_is_not_committed_is_not_looked_at_and_said(repo):
    clean = plan(repo)
    write(
        repo, {"catalog/cart.yaml": WRONG, "rules/new.yaml": "x", "notes.txt": "x", "catalog/\x1bx.yaml": "x"}
    )
    code, said, errors = plan(repo)
    assert (code, said) == clean[:2]
    assert errors.startswith(
        "Note: not committed, so not looked at: catalog/ x.yaml, catalog/cart.yaml, rules/new.yaml."
    )
    assert "notes.txt" not in errors
    assert "roadcrew check" in errors
    assert plan(repo, "--head", "change")[2] == "", "a named commit is what was asked for"
    assert json.loads(plan(repo, "--format", "json")[1])["check"]["conclusion"] == "success"


def test_nothing_is_written_into_the_repo(repo):
    def state():
        # Not their times: git marks objects that it would have written as still wanted.
        return {str(path): path.read_bytes() for path in repo.rglob("*") if path.is_file()}

    git(repo, "switch", "--quiet", "main")
    commit(repo, {"README.md": "# moved on, so that a merge makes new objects\n"})
    git(repo, "switch", "--quiet", "change")
    write(repo, {"catalog/cart.yaml": WRONG})
    before = state()
    for style in ("text", "markdown", "json"):
        assert plan(repo, "--format", style)[0] == 0
    assert state() == before


def test_a_hostile_path_leaves_the_terminal_alone(repo):
    commit(repo, {"catalog/\x1b[31mred.yaml": RIGHT})
    code, said, _ = plan(repo)
    assert code == 1
    assert "\x1b" not in said
    assert "path-unsafe" in said


def test_as_a_process_of_its_own(repo):
    done = subprocess.run(
        [Path(os.sys.executable), "-m", "bot", "plan", "--base=main"],
        cwd=repo,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"check roadcrew: success\n", done.stdout)
