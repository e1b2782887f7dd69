"""What all tests share: options, golden files, and trees made from a dict."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from bot.adapters.git.tree import GitTree

pytest_plugins = ["tests.conformance.plugin", "tests.fixtures.crew", "tests.fixtures.redis"]

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser):
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test fails the run")
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")
    parser.addoption(
        "--soak", action="store_true", help="also every variation of what an ordinary run samples"
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--soak"):
        return
    left_out = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("soak")]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and item.config.getoption("--forbid-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped although --forbid-skips was said: {report.longrepr}"


@pytest.fixture
def golden(request):
    """Compares a text with a file in the folder `golden` beside the test; mend with --update-golden."""

    def compare(name, text):
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert text == path.read_text(), f"{path.name} differs: read it, then say --update-golden"

    return compare


@pytest.fixture
def tree_of(tmp_path_factory):
    """A real git tree from a dict of paths to text or bytes."""
    repository = pygit2.init_repository(str(tmp_path_factory.mktemp("trees")), bare=True)

    def make(files):
        empty = GitTree(repository, str(repository.TreeBuilder().write()))
        return empty.with_files(
            {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        )

    return make
