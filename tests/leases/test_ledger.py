"""The ledger's lines are written once for ever, with the same bytes, whatever races; on real git."""

import json
from datetime import timedelta

import pytest

from bot.apply_ledger import ensure_record
from bot.errors import Refused, Retry
from bot.leases.ledger import LEDGER, all_entries, entries, line, month_file
from bot.model.acts import Record
from bot.model.plan import Applied, Held, Unchanged
from bot.ports import PushRaced
from tests.deciders.hold import Hold
from tests.platforms import NOW, REPO

BEGAN = Record(REPO, "grant/a/began", NOW, {"who": "developer", "event": "began", "approvedBy": ("x", "y")})


@pytest.fixture
def hold(tmp_path):
    return Hold(tmp_path)


def lines(hold):
    tree = hold.tree(LEDGER)
    return {one.path: tree.read(one.path).decode() for one in tree.list()}


def test_promise_3_a_line_has_sorted_keys_and_always_the_same_bytes():
    assert line(BEGAN) == (
        b'{"approvedBy":["x","y"],"at":"2026-01-02T03:04:05Z","event":"began","name":"grant/a/began",'
        b'"who":"developer"}\n'
    )
    other = Record(REPO, BEGAN.name, NOW, dict(reversed(BEGAN.entry.items())))
    assert line(other) == line(BEGAN)
    (read,) = entries(line(BEGAN))
    assert (read.name, read.at, read.event, read.facts) == (
        BEGAN.name,
        NOW,
        "began",
        {"who": "developer", "approvedBy": ("x", "y")},
    )


def test_the_branch_is_made_and_months_have_files_of_their_own(hold):
    assert isinstance(ensure_record(BEGAN, hold.ports), Applied)
    later = Record(REPO, "grant/a/ended", NOW + timedelta(days=40), {"event": "ended"})
    ensure_record(later, hold.ports)
    assert set(lines(hold)) == {"2026-01.jsonl", "2026-02.jsonl"}
    assert [one.name for one in all_entries(hold.tree(LEDGER))] == ["grant/a/began", "grant/a/ended"]


def test_promise_2_a_line_that_stands_is_left_whatever_it_says_now(hold):
    ensure_record(BEGAN, hold.ports)
    before = hold.tip(LEDGER)
    other = Record(REPO, BEGAN.name, NOW + timedelta(days=60), {"event": "denied"})
    assert isinstance(ensure_record(other, hold.ports), Unchanged)
    assert hold.tip(LEDGER) == before


def test_what_others_wrote_there_is_kept(hold):
    hold.commit(LEDGER, {month_file(NOW): "a note without an end of line"})
    ensure_record(BEGAN, hold.ports)
    first, second = lines(hold)["2026-01.jsonl"].splitlines()
    assert first == "a note without an end of line"
    assert json.loads(second)["name"] == BEGAN.name
    assert [one.name for one in all_entries(hold.tree(LEDGER))] == [BEGAN.name]


class Racing:
    """The mirror, with someone who is quicker so many times."""

    def __init__(self, mirror, times, error=None):
        self._mirror, self.left, self._error = mirror, times, error or PushRaced(LEDGER)

    def __getattr__(self, name):
        return getattr(self._mirror, name)

    def push(self, *args, **options):
        self.left -= 1
        if self.left >= 0:
            raise self._error
        return self._mirror.push(*args, **options)


def racing(hold, times, error=None):
    from dataclasses import replace

    return replace(hold.ports, mirror=Racing(hold.mirror, times, error))


def test_promise_4_a_lost_race_looks_again_and_gives_up_for_a_while_at_last(hold):
    assert isinstance(ensure_record(BEGAN, racing(hold, 3)), Applied)
    other = Record(REPO, "other", NOW, {"event": "began"})
    with pytest.raises(Retry, match="kept moving"):
        ensure_record(other, racing(hold, 99))


def test_a_branch_that_keeps_us_out_is_said_in_words(hold):
    held = ensure_record(BEGAN, racing(hold, 1, Refused("GitHub says no.")))
    assert isinstance(held, Held)
    assert LEDGER in held.resume
