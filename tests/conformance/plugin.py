"""A pytest plugin: every local GitHub of every test in this process must conform, or the test fails.

To plug it in, `pytest_plugins = ["tests.conformance.plugin"]` in `tests/conftest.py`. Faults that a test injects
stand in front of the recorder, and are not judged. A hub in another process is not seen.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.recorder import Conformance


@cache
def _recorder() -> Conformance:
    """The one recorder of this process, put around each application of a hub and each world's outbox."""
    # Loaded only once a test has loaded the hub, so that all others start as fast as before.
    from bot.localhub import site, world
    from tests.conformance.recorder import Conformance

    conformance = Conformance()
    build, post = site.build, world.World.post

    def watched_build(*args: Any, **named: Any) -> Any:
        app = build(*args, **named)
        app.wsgi_app = conformance.around(app.wsgi_app)
        return app

    def watched_post(self: Any, delivery: Any) -> Any:
        conformance.hear(delivery.event, delivery.request_payload)
        return post(self, delivery)

    site.build = watched_build
    world.World.post = watched_post
    return conformance


def pytest_collection_finish() -> None:
    """Before any fixture of any scope can start a hub."""
    if "bot.localhub.server" in sys.modules:
        _recorder()


@pytest.fixture(autouse=True)
def conformance() -> Iterator[Conformance | None]:
    """What this test's hubs said; judged when the test is over. None where no hub was ever loaded."""
    if "bot.localhub.server" not in sys.modules:
        yield None
        return
    found = _recorder()
    yield found
    try:
        found.assert_conforms()
    finally:
        found.clear()


def load() -> None:
    """Load the hub now: for tests whose code loads it late, at the head of their file."""
    import_module("bot.localhub.server")
