"""`roadcrew diff`: a patch that git takes, exit codes like `git diff --exit-code`, and nothing left out in silence."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.cli.test_plan import commit, git, write
from tests.platform_rules import rule
from tests.platforms import PLATFORM, component, environment

MANIFEST = "templates/tiny/manifests/config.yaml"


@pytest.fixture
def repo(tmp_path):
    """A branch `change` in which cart is new, shop is bigger and old is gone."""
    folder = tmp_path / "platform"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, PLATFORM | {"catalog/old.yaml": component("old")})
    (folder / "catalog/old.yaml").unlink()
    changed = {"catalog/cart.yaml": component("cart"), "catalog/shop.yaml": component("shop", size=2)}
    commit(folder, changed, branch="change")
    return folder


def diff(*argv):
    done = CliRunner().invoke(main, ["diff", *map(str, argv)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def headers(said):
    return [line for line in said.splitlines() if line.startswith("diff --git")]


def test_the_whole_difference_names_the_branch_of_each_environment(repo):
    code, said, errors = diff(repo)
    assert (code, errors) == (1, "")
    assert headers(said) == [
        f"diff --git a/env/{stage}/{name}/configmap-{name}.yaml b/env/{stage}/{name}/configmap-{name}.yaml"
        for stage in ("dev", "prod")
        for name in ("cart", "old", "shop")
    ]


def test_one_environment_has_the_paths_of_its_branch(repo):
    code, said, _ = diff(repo, "--env", "prod", "--component", "shop")
    assert code == 1
    assert said == (
        "diff --git a/shop/configmap-shop.yaml b/shop/configmap-shop.yaml\n"
        "--- a/shop/configmap-shop.yaml\n"
        "+++ b/shop/configmap-shop.yaml\n"
        "@@ -4,4 +4,4 @@\n"
        "   name: shop\n"
        " data:\n"
        "   environment: prod\n"
        '-  size: "1"\n'
        '+  size: "2"\n'
    )


def held(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.yaml")}


@pytest.mark.parametrize("program", ["git apply", "patch"])
def test_a_checkout_of_the_branch_takes_the_patch_and_becomes_the_head(repo, tmp_path, program):
    nasty = PLATFORM[MANIFEST] + '  odd: "a\\x0cb\\u2028c\\x85d"\n  text: "no\\rend"\n'
    commit(repo, {MANIFEST: nasty + "  wide: 'äöü \U0001f600'\n"})
    for name in ("main", "change"):
        git(repo, "switch", "--quiet", name)
        done = CliRunner().invoke(main, ["render", str(repo), "--env", "dev", "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.stderr
    _, said, _ = diff(repo, "--env", "dev")
    (tmp_path / "patch").write_bytes(said.encode())
    argv = {"git apply": ["git", "apply", "../patch"], "patch": ["patch", "-s", "-p1", "-i", "../patch"]}[
        program
    ]
    done = subprocess.run(
        argv, cwd=tmp_path / "main", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert held(tmp_path / "main") == held(tmp_path / "change") | {}


def test_a_file_without_a_last_line_feed_is_still_a_patch():
    from bot.model.plan import FileChange
    from bot.report.rendered import patch

    said = "".join(patch(FileChange("a.yaml", b"a: 1\nb: 2", b"a: 1\nb: 3\n")))
    assert said.endswith("-b: 2\n\\ No newline at end of file\n+b: 3\n")


def test_no_difference_exits_0(repo):
    assert diff(repo, "--base", "change") == (0, "", "")
    assert diff(repo, "--base", "main", "--head", "main", "--env", "dev") == (0, "", "")
    commit(repo, {"README.md": "# other\n"})
    assert diff(repo, "--base", "change", "--head", "HEAD~1")[0] == 0


def test_what_others_brought_to_the_base_meanwhile_is_no_part_of_it(repo):
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"catalog/till.yaml": component("till")})
    git(repo, "switch", "--quiet", "change")
    _, said, _ = diff(repo, "--env", "dev")
    assert "till" not in said
    assert len(headers(said)) == 3


def test_files_on_disk_can_be_the_head(repo):
    write(repo, {"catalog/shop.yaml": component("shop", size=7)})
    code, said, errors = diff(repo, "--head", ".", "--env", "dev")
    assert (code, errors) == (1, "")
    assert '+  size: "7"' in said
    assert "cart/configmap-cart.yaml" in said, "what is committed as well"
    code, said, errors = diff(repo, "--env", "dev")
    assert '+  size: "2"' in said
    assert errors.startswith("Note: not committed, so not looked at: catalog/shop.yaml.")


def test_a_new_environment_and_one_that_goes(repo):
    (repo / "catalog/prod.yaml").unlink()
    commit(repo, {"catalog/test.yaml": environment("test", 3)})
    code, said, _ = diff(repo, "--env", "test")
    assert code == 1
    assert said.count("new file mode 100644") == 2
    _, said, _ = diff(repo, "--env", "prod")
    assert said.count("deleted file mode 100644") == 2


def test_a_component_that_cannot_be_rendered_is_left_out_and_said(repo):
    commit(repo, {"catalog/shop.yaml": component("shop", size="many")})
    code, said, errors = diff(repo, "--env", "dev")
    assert code == 2
    assert [line.split("/")[1] for line in headers(said)] == ["cart", "old"]
    assert errors.splitlines()[0].endswith("deny  parameter-invalid")
    assert (
        errors.splitlines()[-1] == "Left out, because the head could not be rendered: component:default/shop."
    )


def test_what_the_base_could_not_render_is_left_out_and_said(repo):
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"catalog/shop.yaml": component("shop", size="many")})
    git(repo, "switch", "--quiet", "-c", "mend")
    commit(repo, {"catalog/shop.yaml": component("shop", size=5)})
    code, said, errors = diff(repo)
    assert (code, said) == (2, "")
    assert errors == "Left out, because the base could not be rendered: component:default/shop.\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--base", "nope"], "'nope' is no commit, branch or tag of this repository."),
        (["--head", "nope"], "'nope' is no commit, branch or tag of this repository."),
        (["--env", "prd"], "There is no environment prd. Did you mean prod?"),
        (["--component", "crat"], "There is no crat in this catalog. Did you mean component:default/cart?"),
        (["--component", "group:team"], "group:default/team is not rendered"),
    ],
)
def test_wrong_names_get_a_sentence(repo, argv, sentence):
    code, said, errors = diff(repo, *argv)
    assert (code, said) == (2, "")
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1


def test_a_removed_component_can_be_named(repo):
    code, said, _ = diff(repo, "--env", "dev", "--component", "old")
    assert code == 1
    assert len(headers(said)) == 1


def test_a_conflict_names_its_files(repo):
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"catalog/shop.yaml": component("shop", size=9)})
    code, said, errors = diff(repo, "--base", "main", "--head", "change")
    assert (code, said) == (2, "")
    assert errors.startswith("change conflicts with main in catalog/shop.yaml.")


def test_environments_that_cannot_be_used_are_not_taken_for_removed(repo):
    commit(repo, {"catalog/dev.yaml": environment("dev", "first")})
    code, said, errors = diff(repo)
    assert (code, said) == (2, "")
    assert errors.startswith("The environments of HEAD cannot be used")


def test_outside_of_a_repository_and_without_files_it_is_said(repo, tmp_path):
    assert "is not inside a git repository" in diff(tmp_path)[2]
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    bare = tmp_path / "bare.git"
    assert diff(bare, "--base", "main", "--head", "change", "--env", "dev") == diff(repo, "--env", "dev")
    code, _, errors = diff(bare, "--base", "main", "--head", ".")
    assert code == 2
    assert errors.startswith("This repository is bare")


def test_colour_is_for_terminals_alone(repo):
    argv = [sys.executable, "-m", "bot", "diff", "--base=main", "--env=dev"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm"}
    leader, follower = pty.openpty()
    with subprocess.Popen(argv, cwd=repo, env=env, stdout=follower, stderr=subprocess.PIPE) as process:
        os.close(follower)
        shown = b""
        try:
            while piece := os.read(leader, 4096):
                shown += piece
        except OSError:
            pass  # how a terminal says that nobody writes any more
        assert process.wait(timeout=60) == 1
    os.close(leader)
    assert b"\x1b[32m+" in shown
    done = subprocess.run(argv, cwd=repo, env=env, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\x1b" not in done.stdout


def test_what_a_clusters_rules_become_is_part_of_it(tmp_path):
    folder = tmp_path / "platform"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    small = rule("small", "has(object.data)", judges="object", match="{kinds: [ConfigMap]}")
    exporting = {
        "catalog/dev.yaml": environment("dev", 1, "  rules: {export: true}\n"),
        "rules/small.yaml": small,
    }
    commit(folder, PLATFORM | exporting)
    commit(folder, {"rules/small.yaml": small.replace("severity: deny", "severity: warn")}, branch="change")
    code, said, _ = diff(folder)
    path = "env/dev/roadcrew-rules/validatingadmissionpolicybinding-small.yaml"
    assert (code, headers(said)) == (1, [f"diff --git a/{path} b/{path}"])
    assert "-  - Deny" in said
    assert "+  - Warn" in said


def test_it_leaves_no_judge_behind(repo, monkeypatch):
    closed = []

    def close(judge):
        closed.append(judge)

    monkeypatch.setattr("bot.adapters.every_judge.EveryJudge.close", close)
    diff(repo)
    assert len(closed) == 1
