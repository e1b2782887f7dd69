"""All addresses of the page, gathered. Git's and the REST API's own are not touched."""

from __future__ import annotations

from flask import Flask

from bot.localhub.hooks import Sender
from bot.localhub.page import (
    apps,
    browse,
    changes,
    checks,
    compare,
    files,
    history,
    home,
    issues,
    pulls,
    threads,
)
from bot.localhub.page.frame import Frame, NameConverter, OwnerConverter, install
from bot.localhub.world import World


def routes(app: Flask, world: World, sender: Sender) -> None:
    """Add the page to the application. `sender` sends deliveries again."""
    app.url_map.converters["owner"] = OwnerConverter
    app.url_map.converters["name"] = NameConverter
    frame = Frame(world, sender)
    for room in (home, apps, browse, files, history, issues, pulls, threads, changes, checks, compare):
        room.routes(frame)
    install(app, frame)
