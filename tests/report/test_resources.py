"""Resources in words: short, exact, and only what changes."""

import pytest

from bot.model.plan import Totals
from bot.report.resources import amount, asks, cpus

GI = 2**30


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0"), (1, "1"), (2**20 * 512, "512Mi"), (GI * 3 // 2, "1.5Gi"), (GI * 1024, "1Ti"), (1536, "1.5Ki")],
)
def test_amounts(size, said):
    assert amount(size) == said


def test_cpus():
    assert [
        cpus(*pair) for pair in ((0, 0), (400, 400), (1500, 1500), (400, 1200), (12_000_000, 12_000_000))
    ] == [
        "0",
        "400m",
        "1.5",
        "400m\u20131.2",
        "12,000",
    ]


def test_only_what_changes_is_said():
    before, after = Totals(2, 6, 400, 1200, GI, 3 * GI, 0), Totals(2, 6, 800, 2400, GI, 3 * GI, GI)
    assert asks(before, after) == ["CPU 400m\u20131.2 → 800m\u20132.4", "storage 0 → 1Gi"]
    assert asks(before, before) == []
    assert asks(Totals(), before)[0] == "0 → 2\u20136 replicas"
