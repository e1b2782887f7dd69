"""Trees are values: what git says of them is what we say."""

import subprocess

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.git.tree import GitTree
from bot.model.tree import EntryKind


@pytest.fixture
def repository(tmp_path):
    return pygit2.init_repository(str(tmp_path / "repo.git"), bare=True)


def tree_of(repository, files):
    empty = GitTree(repository, str(repository.TreeBuilder().write()))
    return empty.with_files(files)


def test_what_was_written_is_listed_and_read(repository):
    tree = tree_of(repository, {"b/two.txt": b"2", "a.txt": b"1", "b/one.txt": b"1"})
    assert [entry.path for entry in tree.list()] == ["a.txt", "b/one.txt", "b/two.txt"]
    assert [entry.path for entry in tree.list("b")] == ["b/one.txt", "b/two.txt"]
    assert tree.read("b/two.txt") == b"2"
    assert tree.size("b/two.txt") == 1
    assert tree.entry("b") is None
    with pytest.raises(KeyError):
        tree.read("nothing")


def test_a_prefix_is_a_folder_not_the_start_of_a_name(repository):
    tree = tree_of(repository, {"ab/x": b"", "a/x": b""})
    assert [entry.path for entry in tree.list("a")] == ["a/x"]


def test_removing_what_is_not_there_changes_nothing(repository):
    tree = tree_of(repository, {"a": b"1"})
    assert tree.with_files({"b": None}).id == tree.id


def test_symlinks_and_executables_are_told_apart(repository):
    link = repository.create_blob(b"../outside")
    builder = repository.TreeBuilder()
    builder.insert("link", link, pygit2.enums.FileMode.LINK)
    builder.insert("run", link, pygit2.enums.FileMode.BLOB_EXECUTABLE)
    tree = GitTree(repository, str(builder.write()))
    kinds = {entry.path: entry.kind for entry in tree.list()}
    assert kinds == {"link": EntryKind.SYMLINK, "run": EntryKind.EXECUTABLE}


def test_diff_names_what_came_went_and_changed(repository):
    before = tree_of(repository, {"gone": b"1", "same": b"1", "changed": b"1"})
    after = tree_of(repository, {"new": b"1", "same": b"1", "changed": b"2"})
    changes = {change.path: (change.before is None, change.after is None) for change in before.diff(after)}
    assert changes == {"changed": (False, False), "gone": (False, True), "new": (True, False)}


FILES = st.dictionaries(
    st.sampled_from(["a", "b", "c/d", "c/e"]),
    st.sampled_from([b"1\n", b"2\n", b"1\n2\n3\n4\n5\n"]),
    max_size=4,
)


@given(base=FILES, ours=FILES, theirs=FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_merge_equals_gits_own_merge(tmp_path_factory, base, ours, theirs):
    folder = tmp_path_factory.mktemp("merge") / "repo.git"
    repository = pygit2.init_repository(str(folder), bare=True)
    trees = [tree_of(repository, files) for files in (base, ours, theirs)]
    who = pygit2.Signature("t", "t@example.com", 0, 0)
    root = repository.create_commit(None, who, who, "base", trees[0].id, [])
    sides = [repository.create_commit(None, who, who, "side", tree.id, [root]) for tree in trees[1:]]
    told = subprocess.run(
        ["git", "--git-dir", str(folder), "merge-tree", "--write-tree", *map(str, sides)],
        capture_output=True,
        text=True,
        check=False,
    )
    merged = trees[1].merge(base=trees[0], theirs=trees[2])
    if told.returncode == 0:
        assert merged.tree is not None
        assert merged.tree.id == told.stdout.split()[0]
    else:
        assert merged.tree is None
        assert merged.conflicts
