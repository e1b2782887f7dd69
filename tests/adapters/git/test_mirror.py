"""The mirror is a cache, and a push is compare-and-swap: on real git, over a real transport."""

import shutil
import subprocess
from datetime import UTC, datetime

import pygit2
import pytest

from bot.adapters.git.mirror import GitMirror
from bot.adapters.git.program import environment
from bot.errors import Retry
from bot.model.event import RepoRef
from bot.ports import PushRaced

REPO = RepoRef(owner="acme", name="platform")
AT = datetime(2026, 1, 1, tzinfo=UTC)
MAIN = "refs/heads/main"


@pytest.fixture
def origin(tmp_path):
    return pygit2.init_repository(str(tmp_path / "hub/acme/platform.git"), bare=True, initial_head="main")


@pytest.fixture
def mirror(tmp_path, origin):
    return GitMirror(
        tmp_path / "mirrors",
        git_url=f"file://{tmp_path}/hub",
        token_for=lambda _: "ghs_canary",
        identity=lambda: ("roadcrew[bot]", "1+roadcrew[bot]@users.noreply.github.com"),
    )


def push(mirror, files, *, expected, branch="main", message="Change\n\nSource-Commit: abc\n"):
    return mirror.push(REPO, branch, expected=expected, files=files, message=message, at=AT)


def tip(origin, branch="main"):
    return str(origin.references[f"refs/heads/{branch}"].target)


def test_a_push_makes_the_branch_and_the_next_one_stands_on_it(mirror, origin):
    first = push(mirror, {"a/x": b"1"}, expected=None)
    second = push(mirror, {"a/y": b"2"}, expected=first)
    assert tip(origin) == second
    assert mirror.fetch(REPO, [MAIN]) == {MAIN: second}
    assert [entry.path for entry in mirror.tree(REPO, second).list()] == ["a/x", "a/y"]
    newest, oldest = mirror.log(REPO, second, limit=5)
    assert newest.parents == (oldest.sha,)
    assert newest.trailers == {"Source-Commit": "abc"}


def test_a_branch_that_does_not_exist_is_left_out(mirror):
    first = push(mirror, {"a": b"1"}, expected=None)
    assert mirror.fetch(REPO, [MAIN, "refs/heads/nothing"]) == {MAIN: first}


def test_promise_4_one_writers_promise_a_lost_race_changes_nothing(mirror, origin):
    first = push(mirror, {"a": b"1"}, expected=None)
    winner = push(mirror, {"b": b"2"}, expected=first)
    with pytest.raises(PushRaced):
        push(mirror, {"c": b"3"}, expected=first)
    with pytest.raises(PushRaced):
        push(mirror, {"c": b"3"}, expected=None)
    assert tip(origin) == winner


def test_promise_3_same_input_makes_the_same_commit(mirror, origin, tmp_path):
    one = push(mirror, {"a": b"1"}, expected=None, branch="one")
    two = push(mirror, {"a": b"1"}, expected=None, branch="two")
    assert one == two
    assert push(mirror, {"a": b"1"}, expected=None, branch="two") == one, "again: nothing to do, no race"


@pytest.mark.parametrize("damage", ["delete", "truncate", "empty-objects"])
def test_a_damaged_mirror_is_built_anew(mirror, tmp_path, damage):
    sha = push(mirror, {"a": b"1" * 100}, expected=None)
    mirror.fetch(REPO, [MAIN])
    path = tmp_path / "mirrors/acme/platform.git"
    if damage == "delete":
        shutil.rmtree(path)
    elif damage == "truncate":
        (path / "HEAD").write_text("")
    else:
        shutil.rmtree(path / "objects")
        (path / "objects").mkdir()
    assert mirror.fetch(REPO, [MAIN]) == {MAIN: sha}
    assert mirror.tree(REPO, sha).read("a") == b"1" * 100


def test_a_server_that_is_away_is_tried_again_later(mirror, tmp_path):
    away = GitMirror(
        tmp_path / "other",
        git_url="http://127.0.0.1:1",
        token_for=lambda _: "ghs_canary",
        identity=lambda: ("x", "x@example.com"),
    )
    with pytest.raises(Retry) as caught:
        away.fetch(REPO, [MAIN])
    assert "ghs_canary" not in str(caught.value)


def test_promise_6_the_token_is_in_no_argument_and_bound_to_the_server(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    env = environment("https://git.example.com/", "ghs_canary")
    keys = [value for name, value in env.items() if name.startswith("GIT_CONFIG_KEY")]
    assert "http.https://git.example.com/.extraHeader" in keys
    assert "AWS_SECRET_ACCESS_KEY" not in env
    assert not any("ghs_canary" in value for value in env.values()), "encoded, never in the clear"


def test_the_merge_base_of_two_branches(mirror, origin):
    root = push(mirror, {"a": b"1"}, expected=None)
    one = push(mirror, {"b": b"1"}, expected=root)
    other = push(mirror, {"c": b"1"}, expected=None, branch="other")
    assert mirror.merge_base(REPO, one, root) == root
    assert mirror.merge_base(REPO, one, other) is None
    assert subprocess.run(["git", "--git-dir", origin.path, "fsck"], check=False).returncode == 0


def test_branches_are_brought_by_how_their_names_begin(mirror, origin):
    main = push(mirror, {"a": b"1"}, expected=None)
    dev = push(mirror, {"b": b"1"}, expected=None, branch="env/dev")
    head = push(mirror, {"c": b"1"}, expected=None, branch="promote/dev/x", message="Promote\n")
    assert mirror.branches(REPO, ["env/", "promote/"]) == {"env/dev": dev, "promote/dev/x": head}
    assert mirror.branches(REPO, ["mend/"]) == {}
    assert mirror.tree(REPO, head).read("c") == b"1"
    assert main


def test_a_branch_starts_from_another_commit_and_starts_again_from_a_newer_one(mirror, origin):
    first = push(mirror, {"a/x": b"1"}, expected=None)
    ask = {"branch": "promote/dev/a", "files": {"a/x": b"2"}, "message": "Promote\n", "at": AT}
    head = mirror.push(REPO, expected=None, parent=first, **ask)
    assert [one.sha for one in mirror.own_commits(REPO, head, first, limit=9)] == [head]
    second = push(mirror, {"a/y": b"1"}, expected=first)
    anew = mirror.push(REPO, expected=head, parent=second, **ask)
    assert tip(origin, "promote/dev/a") == anew
    assert mirror.log(REPO, anew, limit=1)[0].parents == (second,)
    with pytest.raises(PushRaced):
        mirror.push(REPO, expected=head, parent=second, **ask | {"files": {"a/x": b"3"}})


def test_promise_4_a_branch_that_moved_is_not_deleted(mirror, origin):
    first = push(mirror, {"a": b"1"}, expected=None, branch="gone")
    second = push(mirror, {"a": b"2"}, expected=first, branch="gone")
    with pytest.raises(PushRaced):
        mirror.delete(REPO, "gone", expected=first)
    mirror.delete(REPO, "gone", expected=second)
    assert "refs/heads/gone" not in origin.references


def test_what_came_before_a_commit_and_what_it_touched(mirror, origin):
    first = push(mirror, {"a/x": b"1", "b/x": b"1"}, expected=None)
    second = push(mirror, {"a/x": b"2", "c": b"1"}, expected=first)
    other = push(mirror, {"z": b"1"}, expected=None, branch="other")
    mirror.fetch(REPO, [MAIN, "refs/heads/other"])
    assert [mirror.contains(REPO, second, one) for one in (first, second, other, "f" * 40)] == [
        True,
        True,
        False,
        False,
    ]
    assert not mirror.contains(REPO, first, second)
    assert mirror.touched(REPO, first) == ["a", "b"]
    assert mirror.touched(REPO, second) == ["a", "c"]


def test_the_newest_change_of_a_file_or_folder(mirror):
    first = push(mirror, {"a/x": b"1", "b": b"1"}, expected=None)
    second = push(mirror, {"a/y": b"2"}, expected=first)
    third = push(mirror, {"b": b"3"}, expected=second)
    gone = push(mirror, {"a/x": None}, expected=third)

    def found(path, commit=gone, limit=10):
        change = mirror.last_change(REPO, commit, path, limit=limit)
        return change.sha if change else None

    assert found("b") == third
    assert found("b", limit=1) is None, "it lies further back"
    assert found("b", limit=2) == third
    assert found("a/x") == gone
    assert found("a/x", third) == first
    assert found("a", third) == second
    assert found("nothing") is None
    assert found("a/x/deeper") is None


def test_a_change_that_a_merge_brought_is_the_merges(mirror, tmp_path, origin):
    first = push(mirror, {"a": b"1"}, expected=None)
    side = push(mirror, {"b": b"1"}, expected=None, branch="side")
    tree = mirror.tree(REPO, push(mirror, {"a": b"1", "b": b"1"}, expected=None, branch="both"))
    who = pygit2.Signature("developer", "developer@acme.test")
    merge = str(origin.create_commit("refs/heads/main", who, who, "Merge", tree.id, [first, side]))
    mirror.fetch(REPO, [MAIN])
    assert mirror.last_change(REPO, merge, "b", limit=5).sha == merge
