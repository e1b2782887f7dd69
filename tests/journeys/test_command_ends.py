"""Whatever happens to a command, its author sees one end of it, with a sentence."""

from contextlib import contextmanager

import pytest

from bot.adapters.queue.sqlite import SqliteQueue
from bot.errors import Refused
from bot.model.event import Commanded
from bot.model.spot import Spot
from bot.pipeline import run, say_given_up
from bot.wiring import build_forge, build_ports
from tests.journeys.troupe import JUDGE, NAME, REPO, SANDBOX
from tests.platforms import component


class Refusing:
    """A forge that may not do one thing."""

    def __init__(self, forge, name):
        self._forge, self._name = forge, name

    def __getattr__(self, name):
        if name != self._name:
            return getattr(self._forge, name)

        def refuse(*_args, **_more):
            raise Refused("This conversation is locked.")

        return refuse


@contextmanager
def world(troupe, refused=""):
    """The ports, without a bot at work."""
    settings = troupe.settings()
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    with SqliteQueue(settings.cache_dir / "queue.sqlite") as queue:
        forge = build_forge(settings)
        ports = build_ports(settings, queue, forge=forge, run=SANDBOX, judge=JUDGE)
        object.__setattr__(ports, "forge", Refusing(forge, refused))
        yield ports
        forge.close()


@pytest.fixture
def event(troupe):
    number = troupe.open({"catalog/cart.yaml": component("cart")})
    comment = troupe.hub.comment(NAME, number, "/owner shop", by="developer")
    return Commanded(delivery="d", repo=REPO, number=number, id=comment.id, is_accepted=True)


def replies(troupe, event):
    return [body for body in troupe.bodies(event.number) if f"roadcrew:reply comment-{event.id}" in body]


def reactions(ports, event):
    return tuple(ports.forge.reactions(REPO, Spot(event.number, "comment", event.id)))


def test_promise_1_what_is_given_up_says_so_once(troupe, event):
    with world(troupe) as ports:
        say_given_up(event, "Given up after 5 tries.", ports)
        assert reactions(ports, event) == ("confused",)
        (body,) = replies(troupe, event)
        assert "**Not done.** This is a fault in Roadcrew, and not yours." in body
        before = len(troupe.writes())
        say_given_up(event, "Given up after 5 tries.", ports)
        assert len(troupe.writes()) == before


def test_promise_1_what_was_done_is_not_called_failed(troupe, event):
    with world(troupe) as ports:
        run(event, ports)
        say_given_up(event, "Given up after 5 tries.", ports)
        assert reactions(ports, event) == ("rocket",)
        assert "Not done" not in replies(troupe, event)[0]


def test_promise_1_what_github_refuses_ends_with_its_reason(troupe, event):
    with world(troupe, "permission") as ports:
        with pytest.raises(Refused):
            run(event, ports)
        assert reactions(ports, event) == ("confused",)
        (body,) = replies(troupe, event)
        assert "GitHub does not let Roadcrew do this. This conversation is locked." in body


def test_promise_1_a_thread_that_takes_no_comment_still_shows_the_end(troupe, event):
    with world(troupe, "create_comment") as ports:
        run(event, ports)
        assert reactions(ports, event) == ("rocket",)
        assert replies(troupe, event) == []


def test_promise_3_doing_it_again_changes_nothing(troupe, event):
    with world(troupe) as ports:
        run(event, ports)
        before = len(troupe.writes())
        run(event, ports)
        assert len(troupe.writes()) == before


def test_promise_2_a_review_that_is_delivered_twice_acts_once(troupe, event):
    review = troupe.hub.review(NAME, event.number, "COMMENT", body="/owner shop\n\n/plan", by="reviewer")
    again = event.model_copy(update={"source": "review", "id": review.id})
    with world(troupe) as ports:
        run(again, ports)
        (body,) = [one for one in troupe.bodies(event.number) if f"roadcrew:reply review-{review.id}" in one]
        assert "`/plan` **Done.**" in body
        before = len(troupe.writes())
        run(again, ports)
        say_given_up(again, "Given up after 5 tries.", ports)
        assert len(troupe.writes()) == before
