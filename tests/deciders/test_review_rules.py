"""`review` and rules: the base branch's rules judge, at the line that a person would change."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.plan import OutsidePart, Severity
from bot.model.pull import Person
from bot.model.rule_impact import RulesImpactPart
from bot.policy.inline import judge_inline
from bot.policy.once import MOST, StoppedOnce
from bot.policy.rules.verdicts import STOPPED
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared, Verdict
from tests.platform_rules import VAP, rule, waiver
from tests.platforms import MANIFEST, PLATFORM, REPO, component, pull, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)
CONFIG = "templates/tiny/manifests/config.yaml"
SHOP = "catalog/shop.yaml"
RUNBOOK = {
    "rules/runbook.yaml": rule(
        "runbook",
        "has(entity.metadata.annotations)",
        match="{kinds: [Component]}",
        message="there is no runbook",
        field="metadata.annotations",
    )
}
SMALL = {
    "rules/small.yaml": rule(
        "small",
        "int(object.data.size) < 5",
        judges="object",
        match="{kinds: [ConfigMap], environments: [prod]}",
    )
}
TIER = {
    "rules/tier.yaml": rule(
        "tier",
        "object.data.size != '1'",
        judges="object",
        match="{tiers: ['1']}",
        message="one is too few",
    )
}
LABELLED = component("shop").replace("name: shop\n", 'name: shop\n  labels: {roadcrew.dev/tier: "1"}\n')


@pytest.fixture
def review(tree_of):
    def plan(change, rules, **facts):
        before = tree_of(PLATFORM | rules)
        files = {path: text.encode() if isinstance(text, str) else text for path, text in change.items()}
        facts = {"base": before, "merged": before.with_files(files)} | facts
        return plan_review(EVENT, snapshot(**facts))

    return plan


def said(plan):
    return [(one.rule, one.severity.value, f"{one.path}:{one.line}") for one in plan.findings]


def test_a_touched_entity_is_judged_at_its_field_and_others_are_not(review):
    plan = review({"catalog/cart.yaml": component("cart")}, RUNBOOK)
    assert said(plan) == [("runbook", "deny", "catalog/cart.yaml:3")]
    (finding,) = plan.findings
    assert finding.facts["message"] == "there is no runbook"
    assert finding.facts["subject"] == "component:default/cart"
    assert plan.denies


def test_a_field_that_is_there_is_pointed_at(review):
    owner = rule("owner", "entity.spec.owner != 'team'", match="{kinds: [Component]}", field="spec.owner")
    plan = review({SHOP: component("shop", size=2)}, {"rules/owner.yaml": owner})
    assert said(plan) == [("owner", "deny", f"{SHOP}:8")]


def test_the_rules_of_the_pull_request_itself_do_not_judge_it(review):
    change = {**RUNBOOK, "catalog/cart.yaml": component("cart")}
    assert said(review(change, {})) == []
    loosened = {"rules/runbook.yaml": RUNBOOK["rules/runbook.yaml"].replace("deny", "info")}
    assert said(review({**loosened, "catalog/cart.yaml": component("cart")}, RUNBOOK))[0][:2] == (
        "runbook",
        "deny",
    )


def test_an_object_is_judged_where_its_value_was_written(review):
    plan = review({SHOP: component("shop", size=9)}, SMALL | {"rules/vap.yaml": VAP})
    assert said(plan) == [("no-nine", "deny", f"{SHOP}:11"), ("small", "deny", f"{SHOP}:11")]
    assert [one.facts["environments"] for one in plan.findings] == [("dev", "prod"), ("prod",)]


def test_what_no_parameter_caused_is_the_templates_line_once_for_all(review):
    named = rule("named", "object.data.environment != 'dev'", judges="object")
    change = {
        CONFIG: MANIFEST.replace("\ndata:", "\ndata:\n  new: x"),
        "catalog/cart.yaml": component("cart"),
    }
    plan = review(change, {"rules/named.yaml": named})
    assert said(plan) == [("named", "deny", f"{CONFIG}:7")]
    assert plan.findings[0].facts["more"] == 1


def test_what_was_so_before_in_a_place_that_nobody_touches_is_not_held_against_the_change(review):
    named = rule("named", "object.data.environment != 'dev'", judges="object")
    assert said(review({SHOP: component("shop", size=2)}, {"rules/named.yaml": named})) == []
    assert said(review({SHOP: component("shop", size=2)}, RUNBOOK)) == [("runbook", "deny", f"{SHOP}:3")]


def test_an_entity_that_changes_brings_its_unchanged_objects_before_the_rules(review):
    assert said(review({SHOP: LABELLED}, TIER)) == [("tier", "deny", f"{SHOP}:12")]


def test_a_rule_that_looks_things_up_judges_what_others_changed(review):
    looks = rule(
        "looks", "catalog.entity(entity.spec.owner).spec.type == 'team'", match="{kinds: [Component]}"
    )
    group = PLATFORM["catalog/groups.yaml"].replace("type: team", "type: guild")
    plan = review({"catalog/groups.yaml": group}, {"rules/looks.yaml": looks})
    assert said(plan) == [("looks", "deny", f"{SHOP}:8")]
    assert (
        said(review({"catalog/dev.yaml": PLATFORM["catalog/dev.yaml"] + "\n"}, {"rules/looks.yaml": looks}))
        == []
    )


def test_a_removed_object_is_shown_to_those_who_ask_for_the_old_one_alone(review):
    asks = rule("asks", "oldObject == null || object != null", judges="object")
    plan = review({SHOP: None}, SMALL | {"rules/asks.yaml": asks})
    assert [one.rule for one in plan.findings] == ["asks"]


class TestThePullRequestItself:
    PATHS = rule(
        "paths",
        "pull.author.isAgent == false",
        judges="pull",
        match="{paths: ['.github/**']}",
        message="no agents here",
    )

    def test_it_is_judged_whatever_it_touches(self, review):
        change, rules = {".github/x.yaml": "a: 1"}, {"rules/paths.yaml": self.PATHS}
        assert said(review(change, rules)) == []
        bot = pull(author=Person("helper[bot]"))
        plan = review(change, rules, pull=bot)
        assert said(plan) == [("paths", "deny", ".github/x.yaml:0")]
        assert not any(isinstance(part, OutsidePart) for part in plan.parts)

    def test_an_agent_is_who_the_base_branch_says_is_one(self, review):
        user = (
            "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: helper\n"
            "  labels: {roadcrew.dev/agent: 'true'}\nspec: {memberOf: [team]}\n"
        )
        change, rules = {".github/x.yaml": "a: 1"}, {"rules/paths.yaml": self.PATHS, "catalog/u.yaml": user}
        assert said(review(change, rules, pull=pull(author=Person("Helper")))) != []
        assert said(review(change, rules, pull=pull(author=Person("developer")))) == []

    @pytest.mark.parametrize(
        ("expression", "is_kept"),
        [
            ("pull.additions + pull.deletions < 100", True),
            ("pull.labels.exists(one, one == 'urgent')", True),
            ("pull.approvals == ['reviewer']", True),
            ("pull.changes.all(one, one.status == 'renamed')", True),
            ("pull.isDraft", False),
            ("pull.paths == ['a.txt', 'b.txt'] && pull.number == 7 && pull.base == 'main'", True),
            ("pull.author.teams.exists(one, one == 'group:default/team')", False),
        ],
    )
    def test_its_facts(self, tree_of, expression, is_kept):
        before = tree_of(
            PLATFORM | {"a.txt": "same", "rules/r.yaml": rule("facts", expression, judges="pull")}
        )
        facts = pull(additions=60, deletions=30, labels=("urgent",), approvers=("reviewer",))
        merged = before.with_files({"a.txt": None, "b.txt": b"same"})
        plan = plan_review(EVENT, snapshot(base=before, merged=merged, pull=facts))
        assert (not plan.denies) is is_kept


class TestFiles:
    CHART = rule(
        "chart",
        "file.documents[0].version != '0'",
        judges="file",
        match="{paths: ['charts/**']}",
        field="documents[0].version",
    )

    def test_touched_files_are_judged_at_their_line(self, review):
        rules = {"rules/chart.yaml": self.CHART}
        change = {"charts/a.yaml": "# first\nname: a\nversion: '0'\n", "other/b.yaml": "version: '0'\n"}
        assert said(review(change, rules)) == [("chart", "deny", "charts/a.yaml:3")]

    def test_what_cannot_be_read_is_no_pass(self, review):
        plan = review({"charts/a.yaml": "a: [\n"}, {"rules/chart.yaml": self.CHART})
        assert said(plan) == [("rule-not-evaluated", "deny", "charts/a.yaml:0")]


class TestWhatCannotBeJudged:
    def test_an_error_is_a_finding_as_heavy_as_the_rule(self, review):
        broken = rule("broken", "entity.spec.nothing == 1", match="{kinds: [Component]}")
        plan = review({SHOP: component("shop", size=2)}, {"rules/b.yaml": broken})
        assert said(plan) == [("rule-not-evaluated", "deny", f"{SHOP}:3")]
        assert plan.findings[0].facts["name"] == "broken"
        assert "nothing" in plan.findings[0].facts["reason"]
        warns = {"rules/b.yaml": broken.replace("deny", "warn")}
        assert not review({SHOP: component("shop", size=2)}, warns).denies

    def test_what_was_stopped_is_said_once_at_the_rule(self, review):
        def judge(policies, requests, shared):
            lost = Verdict(Outcome.NOT_EVALUATED, reason=f"{STOPPED}it took longer than 10 seconds")
            return [[lost] * len(requests) for _ in policies]

        change = {f"catalog/c{number}.yaml": component(f"c{number}") for number in range(3)}
        plan = review(change, RUNBOOK, judge=judge)
        stopped = [one for one in plan.findings if one.rule == "rule-stopped"]
        assert [(one.path, one.severity) for one in stopped] == [("rules/runbook.yaml", Severity.DENY)]

    def test_a_new_rule_that_cannot_be_compiled_is_denied_where_it_is_wrong(self, review):
        plan = review({"rules/x.yaml": rule("x", "entty.spec == 1")}, RUNBOOK)
        assert said(plan) == [("rule-broken", "deny", "rules/x.yaml:8")]


class TestWaivers:
    CHANGE: Mapping[str, str] = {SHOP: component("shop", size=2)}

    def test_a_waiver_of_the_base_branch_excuses(self, review):
        plan = review(self.CHANGE, RUNBOOK | {"catalog/waivers/w.yaml": waiver("later", "runbook")})
        assert said(plan) == [("runbook", "info", f"{SHOP}:3")]
        assert (plan.findings[0].facts["waived"], plan.findings[0].facts["days"]) == ("later", 31)

    def test_a_waiver_in_the_same_pull_request_does_not(self, review):
        plan = review({**self.CHANGE, "catalog/waivers/w.yaml": waiver("later", "runbook")}, RUNBOOK)
        assert said(plan) == [("runbook", "deny", f"{SHOP}:3")]
        assert plan.findings[0].facts["pending"] == "later"

    def test_it_ends_with_its_last_day(self, review):
        rules = RUNBOOK | {"catalog/waivers/w.yaml": waiver("later", "runbook")}
        last = datetime(2026, 2, 2, 23, 59, tzinfo=UTC)
        assert said(review(self.CHANGE, rules, now=last)) == [
            ("runbook", "info", f"{SHOP}:3"),
            ("waiver-ending", "warn", "catalog/waivers/w.yaml:9"),
        ]
        after = datetime(2026, 2, 3, tzinfo=UTC)
        assert said(review(self.CHANGE, rules, now=after)) == [
            ("runbook", "deny", f"{SHOP}:3"),
            ("waiver-expired", "warn", "catalog/waivers/w.yaml:9"),
        ]

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            (waiver("w", "runbook", expires="2026-09-01"), "waiver-too-long"),
            (waiver("w", "runbok"), "waiver-rule"),
            (waiver("w", "user-groups"), "waiver-rule"),
            (waiver("w", "strict"), "waiver-forbidden"),
            (waiver("w", "runbook", "component:default/gone"), "waiver-target"),
            (waiver("w", "runbook").replace("  targets: ['component:default/shop']\n", ""), "waiver-empty"),
        ],
    )
    def test_what_is_wrong_with_a_waiver_is_said_in_its_own_pull_request(self, review, text, wanted):
        strict = {"rules/strict.yaml": rule("strict", "1 == 1", more="  waivable: false\n")}
        plan = review({"catalog/waivers/w.yaml": text}, RUNBOOK | strict)
        assert [one.rule for one in plan.findings] == [wanted]

    def test_one_that_is_too_long_excuses_nothing(self, review):
        rules = RUNBOOK | {"catalog/waivers/w.yaml": waiver("later", "runbook", expires="2026-09-01")}
        assert review(self.CHANGE, rules).denies

    def test_it_can_be_for_one_environment_and_for_a_path(self, review):
        rules = SMALL | {
            "catalog/waivers/w.yaml": waiver("later", "small", more="  environments: [dev]\n"),
        }
        assert review({SHOP: component("shop", size=9)}, rules).denies
        rules = SMALL | {
            "catalog/waivers/w.yaml": waiver(
                "later", "sm*", "component:default/*", more="  environments: [prod]\n"
            ),
        }
        assert not review({SHOP: component("shop", size=9)}, rules).denies


class TestImpact:
    def part(self, plan):
        return next((part for part in plan.parts if isinstance(part, RulesImpactPart)), None)

    def shifts(self, plan):
        return [(one.rule, one.ref, one.was, one.now, one.environments) for one in self.part(plan).shifts]

    def test_a_new_rule_shows_whom_it_would_hurt(self, review):
        plan = review(RUNBOOK | SMALL, {"catalog/big.yaml": component("big", size=7)})
        assert not plan.denies
        assert self.shifts(plan) == [
            ("runbook", "component:default/big", "", "deny", ()),
            ("runbook", "component:default/shop", "", "deny", ()),
            ("small", "component:default/big", "", "deny", ("prod",)),
        ]
        assert self.part(plan).objects == 4
        assert {one.owner for one in self.part(plan).shifts} == {"group:default/team"}

    def test_a_rule_that_goes_or_gets_lighter_and_a_waiver(self, review):
        assert self.shifts(review({"rules/runbook.yaml": None}, RUNBOOK)) == [
            ("runbook", "component:default/shop", "deny", "", ())
        ]
        light = {"rules/runbook.yaml": RUNBOOK["rules/runbook.yaml"].replace("deny", "warn")}
        assert self.shifts(review(light, RUNBOOK)) == [
            ("runbook", "component:default/shop", "deny", "warn", ())
        ]
        plan = review({"catalog/waivers/w.yaml": waiver("later", "runbook")}, RUNBOOK)
        assert self.shifts(plan) == [("runbook", "component:default/shop", "deny", "waived", ())]

    def test_new_words_of_a_rule_are_no_impact(self, review):
        words = {"rules/runbook.yaml": RUNBOOK["rules/runbook.yaml"] + "  fix: Write one.\n"}
        assert self.part(review(words, RUNBOOK)) is None

    def test_other_changes_show_none(self, review):
        assert self.part(review({SHOP: component("shop", size=2)}, RUNBOOK)) is None


CHANGES = [
    {SHOP: component("shop", size=9)},
    {SHOP: LABELLED},
    {SHOP: None},
    {
        "catalog/cart.yaml": component("cart", size=6),
        CONFIG: MANIFEST.replace("\ndata:", "\ndata:\n  new: x"),
    },
    RUNBOOK | {"catalog/cart.yaml": component("cart")},
]


@pytest.mark.parametrize("change", CHANGES)
def test_promise_3_a_memo_changes_no_verdict_and_spares_the_judge(review, change):
    calls = []

    def judge(policies, requests, shared):
        calls.append(len(policies) * len(requests))
        return judge_inline(policies, requests, shared)

    rules, memo = SMALL | TIER | RUNBOOK | {"rules/vap.yaml": VAP}, {}
    cold = review(change, rules)
    first, asked = review(change, rules, memo=memo, judge=judge), len(calls)
    again = review(change, rules, memo=memo, judge=judge)
    assert cold.findings == first.findings == again.findings
    assert asked
    assert len(calls) == asked


def test_promise_3_a_remembered_verdict_ends_with_the_answers_that_it_depends_on(review):
    calls = []

    def judge(policies, requests, shared):
        calls.append(
            sorted(one.more["entity"]["metadata"]["name"] for one in requests if "entity" in one.more)
        )
        return judge_inline(policies, requests, shared)

    looks = rule(
        "looks", "catalog.entity(entity.spec.owner).spec.type == 'team'", match="{kinds: [Component]}"
    )
    rules, memo = {"rules/looks.yaml": looks, "catalog/cart.yaml": component("cart", owner="other")}, {}
    rules["catalog/other.yaml"] = PLATFORM["catalog/groups.yaml"].replace("name: team", "name: other")
    other = {"catalog/dev.yaml": PLATFORM["catalog/dev.yaml"] + "\n"}
    assert said(review(other, rules, memo=memo, judge=judge)) == []
    calls.clear()
    guild = rules["catalog/other.yaml"].replace("type: team", "type: guild")
    assert said(review({"catalog/other.yaml": guild}, rules, memo=memo, judge=judge)) == [
        ("looks", "deny", "catalog/cart.yaml:8")
    ]
    assert {name for names in calls for name in names} == {"cart"}


def test_what_several_rules_lack_crosses_once_and_what_is_known_is_not_asked_again(review):
    calls = []

    def judge(policies, requests, shared):
        calls.append((sorted(one.name for one in policies), len(requests)))
        return judge_inline(policies, requests, shared)

    wide = rule("wide", "has(entity.metadata.name)")
    narrow = rule("narrow", "entity.spec.owner == 'team'", match="{kinds: [Component]}")
    rules, memo = {"rules/wide.yaml": wide, "rules/narrow.yaml": narrow}, {}
    change = {SHOP: component("shop", size=2), "catalog/groups.yaml": PLATFORM["catalog/groups.yaml"] + "#\n"}
    assert said(review(change, rules, memo=memo, judge=judge)) == []
    assert [names for names, number in calls if number > 1] == [["narrow", "wide"]]
    calls.clear()
    other = rules | {"rules/narrow.yaml": narrow.replace("'team'", "'nobody'")}
    assert said(review(change, other, memo=memo, judge=judge)) == [("narrow", "deny", f"{SHOP}:8")]
    assert {tuple(names) for names, _ in calls} == {("narrow",)}


def test_an_untouched_object_fails_when_what_a_rule_looks_up_for_it_changes(review):
    looks = rule(
        "owned-by-team",
        "catalog.entity(entity.spec.owner).spec.type == 'team'",
        judges="object",
        message="its owner is no team",
    )
    rules = {"rules/looks.yaml": looks}
    guild = PLATFORM["catalog/groups.yaml"].replace("type: team", "type: guild")
    plan = review({"catalog/groups.yaml": guild}, rules)
    assert [(one.rule, one.severity.value, one.facts["subject"]) for one in plan.findings] == [
        ("owned-by-team", "deny", "component:default/shop")
    ]
    assert set(plan.findings[0].facts["environments"]) == {"dev", "prod"}
    # What was so before, in a place that nobody touches, is not held against the change.
    already = {"rules/looks.yaml": looks, "catalog/groups.yaml": guild}
    assert said(review({"catalog/groups.yaml": guild + "# the same\n"}, already)) == []
    other = guild.replace("type: guild", "type: choir")
    assert said(review({"catalog/groups.yaml": other}, already)) == []


class TestEndlessRules:
    """A rule that a pull request brings, and that has no end."""

    @staticmethod
    def judge(asked, endless=("endless",)):
        def judging(policies, requests, shared):
            asked.extend(one.name for one in policies)
            lost = Verdict(Outcome.NOT_EVALUATED, reason=f"{STOPPED}it took longer than 10 seconds")
            return [
                [lost] * len(requests) if one.name in endless else judge_inline([one], requests, shared)[0]
                for one in policies
            ]

        return judging

    def test_it_is_said_once_at_its_file_and_counted_apart(self, review):
        asked = []
        text = rule("endless", "entity.kind != ''", match="{kinds: [Component]}")
        cases = {
            "rules/tests/e.yaml": "rule: endless\ncases:\n  - name: a\n    given: {}\n    expect: pass\n"
        }
        shops = {f"catalog/c{number}.yaml": component(f"c{number}") for number in range(3)}
        judge = self.judge(asked)
        plan = review({"rules/endless.yaml": text, **cases}, RUNBOOK | shops, judge=judge)
        stopped = [(one.path, one.severity) for one in plan.findings if one.rule == "rule-stopped"]
        assert stopped == [("rules/endless.yaml", Severity.DENY)]
        (part,) = [one for one in plan.parts if isinstance(one, RulesImpactPart)]
        assert {one.now for one in part.shifts if one.rule == "endless"} == {"not-evaluated"}
        assert part.stopped == (("endless", "it took longer than 10 seconds"),)
        assert asked.count("endless") == 1

    def test_one_that_cannot_judge_what_there_is_says_so_at_its_file(self, review):
        text = rule("hasty", "entity.spec.nowhere == 1", match="{kinds: [Component]}")
        shops = {f"catalog/c{number}.yaml": component(f"c{number}") for number in range(3)}
        plan = review({"rules/hasty.yaml": text}, shops)
        (found,) = [one for one in plan.findings if one.rule == "rule-not-evaluated"]
        assert (found.path, found.severity, found.facts["times"]) == ("rules/hasty.yaml", Severity.WARN, 4)
        assert "nowhere" in str(found.facts["reason"])

    def test_a_pile_of_them_costs_no_more_than_a_few_and_what_went_goes_on(self, review):
        asked = []
        names = [f"endless-{number}" for number in range(9)]
        change = {f"rules/{name}.yaml": rule(name, f"entity.kind != '{name}'") for name in names}
        plan = review(change, RUNBOOK, judge=self.judge(asked, names))
        assert len([one for one in asked if one in names]) <= len(names)
        assert {one.path for one in plan.findings if one.rule == "rule-stopped"} >= set(change)


def test_a_judge_asks_no_policy_again_that_was_stopped():
    asked = []
    once = StoppedOnce(TestEndlessRules.judge(asked, [f"p{number}" for number in range(9)]))
    spec = {"judges": "file", "validations": [{"expression": "true"}]}
    good, thing = (
        Policy("good", Language.CEL, ({"spec": spec},), "good"),
        Request(more={"file": {"path": "a"}}),
    )
    assert once([good], [thing], Shared())[0][0].outcome is Outcome.PASS
    for number in [*range(9), *range(9)]:
        bad = Policy(f"p{number}", Language.CEL, ({},), f"p{number}")
        (found,) = once([bad], [Request()] * 2, Shared())
        assert [one.reason.startswith(STOPPED) for one in found] == [True, True]
    assert [one for one in asked if one != "good"] == [f"p{number}" for number in range(MOST)]
    assert once([good], [thing], Shared())[0][0].outcome is Outcome.PASS


def test_a_waiver_of_everything_is_warned_about(review):
    wide = waiver("w", "'*'", "*")
    plan = review({"catalog/waivers/w.yaml": wide}, RUNBOOK)
    assert ("waiver-wide", "warn") in [(rule, weight) for rule, weight, _ in said(plan)]
    narrow = review({"catalog/waivers/w.yaml": waiver("w", "'*'")}, RUNBOOK)
    assert "waiver-wide" not in [one.rule for one in narrow.findings]
