"""Stands between every local GitHub that is started in this process and the world, and tells a recorder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.localhub import site, world

from .recorder import Conformance


def watch(conformance: Conformance) -> Callable[[], None]:
    """From now on hubs tell `conformance` of their exchanges and webhooks. Call the result to end it.

    Faults that a test injects stand in front of the recorder: they are the test's words, not the hub's.
    """
    build, post = site.build, world.World.post

    def watched_build(*args: Any, **named: Any) -> Any:
        app = build(*args, **named)
        conformance.url_maps.append(app.url_map)
        app.wsgi_app = conformance.around(app.wsgi_app)
        return app

    def watched_post(self: world.World, delivery: Any) -> Any:
        conformance.hear(delivery.event, delivery.request_payload)
        return post(self, delivery)

    def end() -> None:
        site.build, world.World.post = build, post

    site.build, world.World.post = watched_build, watched_post
    return end
