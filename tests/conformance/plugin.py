"""A pytest plugin: every local GitHub of every test in this process must conform, or the test fails.

To plug it in, `pytest_plugins = ["tests.conformance.plugin"]` in `tests/conftest.py`. Faults that a test injects
are not judged. A hub in another process is not seen.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.recorder import Conformance


@cache
def _recorder() -> Conformance:
    """The one recorder of this process. Loaded only once a test has loaded the hub: others start as fast as ever."""
    from tests.conformance.recorder import Conformance
    from tests.conformance.watch import watch

    conformance = Conformance()
    watch(conformance)
    return conformance


def pytest_collection_finish() -> None:
    """Before any fixture of any scope can start a hub."""
    if "bot.localhub.server" in sys.modules:
        _recorder()


@pytest.fixture(autouse=True)
def conformance() -> Iterator[Conformance | None]:
    """What this test's hubs said, judged when the test is over; None where no hub was ever loaded."""
    if "bot.localhub.server" not in sys.modules:
        yield None
        return
    found = _recorder()
    yield found
    try:
        found.assert_conforms()
    finally:
        found.clear()
