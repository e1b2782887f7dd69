"""A folder as `Files`: bounded, without links, with git's own content ids."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.adapters import folder as folder_module
from bot.adapters.folder import Folder
from bot.errors import UserError
from bot.model.tree import Entry, EntryKind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("a.yaml", "b/c.yaml", "b.yaml", ".git/config", "node_modules/x.yaml", "b/.venv/y.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"path: {path}\n")
    (tmp_path / "outside").symlink_to("/etc")
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o755)
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path


def test_lists_what_is_there_and_nothing_behind_links(root: Path) -> None:
    listed = {entry.path: entry.kind for entry in Folder(root).list()}
    assert listed == {
        "a.yaml": EntryKind.FILE,
        "b.yaml": EntryKind.FILE,
        "b/c.yaml": EntryKind.FILE,
        "link.yaml": EntryKind.SYMLINK,
        "outside": EntryKind.SYMLINK,
        "run.sh": EntryKind.EXECUTABLE,
    }
    assert list(listed) == sorted(listed)


def test_a_prefix_is_a_folder_or_a_file(root: Path) -> None:
    paths = [[entry.path for entry in Folder(root).list(prefix)] for prefix in ("b", "b/", "a.yaml", "zz")]
    assert paths == [["b/c.yaml"], ["b/c.yaml"], ["a.yaml"], []]


def test_content_ids_are_gits(root: Path) -> None:
    said = subprocess.run(
        ["git", "hash-object", "b/c.yaml"], cwd=root, capture_output=True, text=True, check=True
    )
    assert Folder(root).entry("b/c.yaml") == Entry("b/c.yaml", said.stdout.strip())


def test_reads_files_and_what_links_say(root: Path) -> None:
    files = Folder(root)
    assert files.read("b/c.yaml") == b"path: b/c.yaml\n"
    assert files.size("b/c.yaml") == 15
    assert files.read("link.yaml") == b"a.yaml"


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "outside/passwd", ".git/config", "b", "", "pipe.yaml"]
)
def test_promise_6_nothing_else_can_be_read(root: Path, path: str) -> None:
    files = Folder(root)
    assert files.entry(path) is None
    with pytest.raises(KeyError):
        files.read(path)
    with pytest.raises(KeyError):
        files.size(path)


def test_a_link_that_took_a_files_place_is_not_followed(root: Path) -> None:
    files = Folder(root)
    files.list()
    (root / "a.yaml").unlink()
    (root / "a.yaml").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match=r"symbolic links|Too many levels"):
        files.read("a.yaml")


def test_too_many_files_are_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_ENTRIES", 3)
    with pytest.raises(UserError, match="more than 3 files"):
        Folder(root).list()


def test_a_large_file_has_an_id_without_being_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "_MAX_HASHED", 4)
    entry = Folder(root).entry("a.yaml")
    assert entry is not None
    assert entry.oid.startswith("stat:")
