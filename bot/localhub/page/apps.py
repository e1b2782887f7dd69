"""The page of an App: where it is installed, and the log of what was delivered to it."""

from __future__ import annotations

import json

from bot.localhub.acts import apps as acts
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Shown, Visit, Went, address, seen
from bot.localhub.problems import not_found
from bot.localhub.records import App, Delivery, Installation

PAGE = 50


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get("/apps/<slug>")
    def app(visit: Visit, slug: str) -> Answer:
        found = _app(visit, slug)
        page = visit.number("page", 1, most=100_000)
        names = {repo.id: visit.world.full_name(repo) for repo in seen(visit)}
        log = _log(visit, found)[::-1]
        shown = log[(page - 1) * PAGE : page * PAGE]
        facts = {
            "app": found,
            "bot": visit.view.account(found.bot_id),
            "installations": [
                (visit.view.account(one.account_id), len(acts.repositories(visit.world, one)), one)
                for one in visit.world.store.find(Installation, app_id=found.id)
            ],
            "deliveries": [(one, names.get(one.repository_id or 0, "")) for one in shown],
            "total": len(log),
            "page": page,
            "has_more": len(log) > page * PAGE,
        }
        return Shown("app.html", facts)

    @frame.get("/apps/<slug>/deliveries/<int:delivery_id>")
    def delivery(visit: Visit, slug: str, delivery_id: int) -> Answer:
        app = _app(visit, slug)
        found = _delivery(visit, app, delivery_id)
        facts = {
            "app": app,
            "delivery": found,
            "payload": _pretty(found.request_payload),
            "answer": _pretty(found.response_payload),
            "attempts": [one for one in _log(visit, app) if one.guid == found.guid],
        }
        return Shown("delivery.html", facts)

    @frame.post("/apps/<slug>/deliveries/<int:delivery_id>/attempts")
    def again(visit: Visit, slug: str, delivery_id: int) -> Answer:
        app = _app(visit, slug)
        visit.account()
        new = frame.sender.redeliver(_delivery(visit, app, delivery_id))
        return Went(address("apps", app.slug, "deliveries", new.id))


def _app(visit: Visit, slug: str) -> App:
    found = visit.world.store.first(App, slug=slug.lower())
    if found is None:
        raise not_found()
    return found


def _log(visit: Visit, app: App) -> list[Delivery]:
    """Oldest first, without those that tell of what the acting person may not see."""
    known = {None, *(repo.id for repo in seen(visit))}
    return [one for one in visit.world.store.find(Delivery, app_id=app.id) if one.repository_id in known]


def _delivery(visit: Visit, app: App, delivery_id: int) -> Delivery:
    found = next((one for one in _log(visit, app) if one.id == delivery_id), None)
    if found is None:
        raise not_found()
    return found


def _pretty(text: str) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
