"""What people read on promotions and on changes made by hand, word for word in golden files."""

import pytest

from bot.model.plan import ComponentChange, Conclusion, Danger, FileChange, Plan, StuckPart, Totals
from bot.model.stage import Brought, DriftPart, Hand, Origin, PromotionPart, Taken
from bot.report.drift import say_drift
from bot.report.markdown import COMMENT_LIMIT
from bot.report.promotion import say_branch, say_promotion, say_stuck
from bot.report.proposal import say_closed
from tests.platforms import REPO

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
    "promotion-taken": (
        say_promotion,
        promotion(taken=(Taken("ConfigMap/fixed in one", "cart"), Taken("shop.example.org /pay", "till"))),
        (),
    ),
    "promotion-removal-named": (
        say_promotion,
        promotion(after=None, naming=("component:default/cart", "component:default/till")),
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


def test_of_many_the_first_are_named_and_the_others_counted():
    taken = tuple(Taken(f"ConfigMap/{number:02}", "cart") for number in range(13))
    assert "- 3 more" in say_promotion(promotion(taken=taken), MARKER).body
    naming = tuple(f"component:default/{number:02}" for number in range(11))
    assert "and 1 other on `env/staging`" in say_promotion(promotion(after=None, naming=naming), MARKER).body


def test_a_pin_that_leads_nowhere_is_said_on_its_branch_once(golden):
    parts = (
        StuckPart("dev", "env/dev", "e" * 40, "staging", (("cart", "1" * 40), ("shop", "2" * 40))),
        StuckPart("staging", "env/staging", "f" * 40, "prod", (("shop", "2" * 40),)),
    )
    dev, staging = say_stuck(REPO, Plan(parts=parts))
    assert (dev.head_sha, staging.head_sha) == ("e" * 40, "f" * 40)
    assert {dev.conclusion, staging.conclusion} == {Conclusion.ACTION_REQUIRED}
    golden("promotion-stuck.md", f"{dev.title}\n\n{dev.summary}\n")
    assert say_stuck(REPO, Plan()) == ()


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
