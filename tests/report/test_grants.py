"""What people read of grants: short, true, and nothing that others wrote can format or ping."""

from dataclasses import replace

import pytest

from bot.leases.end import ended
from bot.model.lease import LeasePart
from bot.model.plan import Held
from bot.model.stage import Hand
from bot.report.grants import headline, say_break_glass, say_broken, say_end, say_leases, say_put_right
from tests.leases.test_grant import GRANT, HOUR, NOW

PART = LeasePart(
    "checkout-logs", "access", "prod", "component:default/checkout", "user:default/developer", "begun", NOW
)
EVIL = "<!-- x --> @acme/security **bold** [a](http://evil)"


@pytest.mark.parametrize(
    ("part", "head", "words"),
    [
        (replace(PART, approved_by=("reviewer",)), "In force", "approved by `reviewer`"),
        (replace(PART, is_break_glass=True), "In force without approval (break-glass)", "without approval"),
        (replace(PART, until=None), "In force", "until its file is removed from the catalog"),
        (replace(PART, at_end="propose"), "In force", "then a pull request asks to end it"),
        (
            replace(PART, state="waiting", missing=2),
            "Merged; it waits for approval",
            "2 more people must approve",
        ),
        (replace(PART, state="waiting", missing=1), "Merged; it waits for approval", "Nobody holds a role"),
        (replace(PART, state="late"), "Merged, but nothing begins", "before it could begin"),
        (
            replace(PART, state="broken", case="pushed"),
            "Merged, but nothing begins",
            "without a pull request",
        ),
        (replace(PART, state="broken", case="touched"), "Merged, but nothing begins", "as Roadcrew wrote it"),
        (replace(PART, state="ended", case="revoked"), "Ended", "it was revoked"),
    ],
)
def test_each_state_has_its_words(part, head, words):
    assert headline([part], {}).split(" ", 1)[1] == head
    (line, *_) = say_leases([part], {})
    assert words in line
    assert "`checkout-logs`" in line


def test_promise_4_what_is_held_is_not_told_as_done():
    part = replace(PART, effect_key="k")
    held = {"k": Held("no", "let it")}
    assert headline([part], held).startswith("\u23f8")
    assert "In force" not in " ".join(say_leases([part], held))


def test_who_could_approve_is_named():
    part = replace(PART, state="waiting", missing=1, who=("login:reviewer", "group:group:default/team"))
    (line,) = say_leases([part], {})
    assert "reviewer" in line
    assert "@reviewer" not in line


def test_what_people_wrote_neither_pings_nor_formats():
    grant = replace(GRANT, reason=EVIL, is_break_glass=True)
    over = ended(grant, "broken", NOW + HOUR)
    hand = Hand("a" * 40, EVIL, EVIL)
    for issue in (
        say_break_glass(grant),
        say_broken(over),
        say_put_right(hand, "b" * 40, ("prod/x",)),
        say_end(grant, by="reviewer", reason=EVIL),
    ):
        plain = issue.body.replace(f"`{EVIL}`", "")
        assert issue.marker in issue.body
        assert "@acme" not in plain
        assert "**bold**" not in plain
        assert "[a](" not in plain
