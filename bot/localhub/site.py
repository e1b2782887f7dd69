"""The Flask application of a hub: REST, git, the page, and the addresses of `admin`."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bot.localhub import githttp, page
from bot.localhub.admin import Admin, told
from bot.localhub.api import accounts, apps, branches, checks, commits, issues, ownissues, pulls, repos
from bot.localhub.api.rest import PREFIX, Rest
from bot.localhub.faults import Faults
from bot.localhub.front import Requests
from bot.localhub.hooks import Sender
from bot.localhub.limits import Limits
from bot.localhub.problems import not_found
from bot.localhub.world import World

_NOUNS = (accounts, apps, branches, checks, commits, issues, ownissues, pulls, repos)


def build(
    world: World, *, limits: Limits, sender: Sender, faults: Faults, requests: Requests, admin_token: str
) -> Flask:
    """All addresses of one hub."""
    app = Flask("bot.localhub", static_folder=None, template_folder=None)
    rest = Rest(app, world, limits, sender)
    for noun in _NOUNS:
        noun.routes(rest)
    githttp.routes(app, world)
    page.routes(app, world, sender)
    Admin(faults, requests, limits, admin_token).routes(app)
    _errors(app)
    return app


def _errors(app: Flask) -> None:
    def unknown(error: HTTPException) -> Response | HTTPException:
        """Below the API GitHub answers 404 in JSON for every address and method that it does not know."""
        if request.path.startswith(PREFIX) and error.code in (404, 405):
            return told(not_found().body(), HTTPStatus.NOT_FOUND)
        return error

    app.register_error_handler(HTTPException, unknown)
