"""What people read on promotions and on changes made by hand, word for word in golden files."""

import pytest

from bot.model.plan import ComponentChange, Danger, FileChange, Totals
from bot.model.stage import Brought, DriftPart, Hand, Origin, PromotionPart
from bot.report.drift import say_drift
from bot.report.markdown import COMMENT_LIMIT
from bot.report.promotion import say_branch, say_promotion
from bot.report.proposal import say_closed

OLD, NEW = Origin("1" * 40, "web-service", "1.2.0"), Origin("2" * 40, "web-service", "1.3.0")
HAND = Hand("a" * 40, "developer", "Fix `it` at night @reviewer")
FILES = (
    FileChange("shop/deployment-shop.yaml", b"replicas: 2\n", b"replicas: 0\n"),
    FileChange("shop/service-shop.yaml", None, b"kind: Service\n"),
)
CHANGE = ComponentChange(
    "component:default/shop",
    "web-service",
    "1.3.0",
    FILES,
    before=Totals(least_replicas=2, most_replicas=2, least_cpu=200, most_cpu=200),
    after=Totals(least_replicas=4, most_replicas=4, least_cpu=400, most_cpu=400),
)
BROUGHT = (
    Brought(NEW.commit, (12,), "@developer", "@reviewer, @platform-lead"),
    Brought("3" * 40, (), "developer"),
)
MARKER = "<!-- roadcrew:promote staging/shop 2 -->"


def promotion(before=OLD, after=NEW, **more):
    facts = {"change": CHANGE, "brought": BROUGHT, **more}
    return PromotionPart("shop", "staging", "env/staging", "dev", "env/dev", before, after, **facts)


DANGER = Danger("replicas-zero", "Deployment/shop", {"was": 2})
CASES = {
    "promotion-first": (say_promotion, promotion(before=None), ()),
    "promotion": (say_promotion, promotion(has_more=True), ()),
    "promotion-dangerous": (
        say_promotion,
        promotion(
            change=ComponentChange("c", "t", "1", FILES, dangers=(DANGER,)),
            brought=(),
            mend="mend/staging/shop",
        ),
        (),
    ),
    "promotion-held": (say_promotion, promotion(), (HAND,)),
    "promotion-removal": (say_promotion, promotion(after=None), ()),
    "drift": (
        say_drift,
        DriftPart(
            "shop", "dev", "env/dev", FILES, (HAND,), OLD, ("catalog/shop.yaml", "templates/web-service/")
        ),
        (),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_words(name, golden):
    say, part, held = CASES[name]
    said = say(part, MARKER, held)
    assert MARKER in said.body
    assert said.stamp in said.body
    assert len(said.body) <= COMMENT_LIMIT
    golden(f"{name}.md", f"{said.title}\n\n{said.body}\n")


def test_the_words_of_a_branch_and_of_an_end(golden):
    text = say_branch("staging", "env/staging", "env/dev").decode()
    golden("environment-branch.md", f"{text}\n---\n{say_closed('promote/staging/shop', 'env/staging')}\n")
    assert "as it should be" in say_closed("mend/dev/shop", "env/dev")


def test_promise_3_the_stamp_changes_with_the_words_alone():
    first = say_promotion(promotion(), MARKER)
    assert say_promotion(promotion(), MARKER) == first
    assert say_promotion(promotion(has_more=True), MARKER).stamp != first.stamp


def test_promise_8_a_huge_change_by_hand_stays_readable():
    lines = b"".join(b"line: %d\n" % number for number in range(2_000))
    files = tuple(FileChange(f"shop/{number}.yaml", lines, b"") for number in range(200))
    said = say_drift(DriftPart("shop", "dev", "env/dev", files, (HAND,) * 50, OLD), MARKER)
    assert len(said.body) <= COMMENT_LIMIT
    assert "40 more commits" in said.body
    assert "more in the Files tab" in said.body
