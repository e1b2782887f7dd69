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
        log = visit.world.store.find(Delivery, app_id=found.id)[::-1]
        shown = log[(page - 1) * PAGE : page * PAGE]
        names = {repo.id: visit.world.full_name(repo) for repo in seen(visit)}
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
        log = visit.world.store.find(Delivery, app_id=app.id)
        facts = {
            "app": app,
            "delivery": found,
            "payload": _pretty(found.request_payload),
            "answer": _pretty(found.response_payload),
            "attempts": [one for one in log if one.guid == found.guid],
        }
        return Shown("delivery.html", facts)

    @frame.post("/apps/<slug>/deliveries/<int:delivery_id>/attempts")
    def again(visit: Visit, slug: str, delivery_id: int) -> Answer:
        app = _app(visit, slug)
        new = frame.sender.redeliver(_delivery(visit, app, delivery_id))
        return Went(address("apps", app.slug, "deliveries", new.id))


def _app(visit: Visit, slug: str) -> App:
    found = visit.world.store.first(App, slug=slug.lower())
    if found is None:
        raise not_found()
    return found


def _delivery(visit: Visit, app: App, delivery_id: int) -> Delivery:
    found = visit.world.store.first(Delivery, id=delivery_id, app_id=app.id)
    if found is None:
        raise not_found()
    return found


def _pretty(text: str) -> str:
    """JSON with a line for each value; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
