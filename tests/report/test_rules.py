"""What rules say in a comment: many alike as one, what is waived apart, what new rules would do, within bounds."""

import pytest

from bot.model.plan import Finding, Plan, Severity
from bot.model.rule_impact import RulesImpactPart, Shift
from bot.report.markdown import COMMENT_LIMIT
from bot.report.review import say_review
from bot.report.rules import gathered, rules_impact
from bot.report.sentences import say
from tests.platforms import pull


def finding(number, *, rule="runbook", severity=Severity.DENY, **facts):
    said = {
        "message": f"c{number} has no runbook",
        "why": "Who is called at night has nothing to go by.",
        "fix": "Add the annotation `acme.com/runbook`.",
        "link": "https://acme.example/runbooks",
        "subject": f"component:default/c{number}",
        "owner": f"group:default/team-{number % 20}",
    }
    return Finding(rule, severity, f"catalog/c{number}.yaml", 3, 1, {**said, **facts})


def comment(*findings, parts=()):
    return say_review(pull(), Plan(tuple(findings), tuple(parts)))[0].body


def test_few_are_listed_one_by_one_and_why_is_said_once(golden):
    golden("rules-two.md", comment(finding(1), finding(2)))


def test_many_alike_are_one_with_their_number(golden):
    golden("rules-forty.md", comment(*map(finding, range(40))))


def test_what_differs_is_not_gathered():
    both = [finding(number, message=f"c{number} has {number} errors") for number in range(5)]
    assert len(gathered(both)) == 5
    assert len(gathered([finding(1), finding(2), finding(3), finding(4, severity=Severity.WARN)])) == 2


@pytest.mark.parametrize("size", [0, 1, 40, 4_000])
def test_promise_8_a_comment_has_room_for_any_number(size):
    odd = [
        finding(number, message=f"c{number} has {number} errors " + "and more " * 60)
        for number in range(size)
    ]
    body = comment(*odd, *map(finding, range(size)))
    assert len(body) <= COMMENT_LIMIT
    assert body.rstrip().endswith("</sub>")
    if size == 4_000:
        assert "4,000" in body
        assert "3,971 more findings" in body


def test_what_is_waived_stands_apart_and_needs_nothing(golden):
    waived = finding(1, severity=Severity.INFO, waived="later", days=31, until="2026-02-02")
    golden("rules-waived.md", comment(waived, finding(2, pending="sooner")))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"message": "it has no tier"}, "It has no tier."),
        ({"message": "nginx is old!"}, "nginx is old!"),
        (
            {"message": "x", "object": "Deployment/c1", "environments": ("dev",)},
            "`Deployment/c1` in `dev`: x.",
        ),
        (
            {"message": "x", "object": "Deployment/c1", "environments": ("dev", "qa", "prod")},
            "`Deployment/c1` in `dev`, `qa` and `prod`: x.",
        ),
        ({"message": "x", "more": 2, "others": ("a", "b")}, "x. The same for `a`, `b`."),
        (
            {"message": "x", "more": 211, "others": ("a", "b", "c", "d")},
            "x. The same for `a`, `b`, `c` and 208 more.",
        ),
        ({"message": "an odd ` tick\nand a line"}, "An odd \u2019 tick and a line."),
        ({"message": "x", "waived": "w", "days": 0}, "x. Waived by `w` until the end of today."),
        ({"message": "x", "waived": "w", "days": 1}, "x. Waived by `w` until tomorrow."),
    ],
)
def test_sentences(facts, message):
    assert say(Finding("acme", Severity.WARN, "a.yaml", facts=facts)).message == message


def test_nothing_that_a_rule_or_an_object_says_formats_or_pings():
    body = comment(finding(1, message="<b>@acme/all</b> ![x](http://x) #12", fix="**now** | @you"))
    assert "<b>" not in body
    assert "@acme" not in body
    assert "![x](" not in body


def test_a_link_is_one_or_is_left_out():
    assert "javascript" not in comment(finding(1, link="javascript:alert(1)"))


def shift(number, was, now, rule="runbook", environments=()):
    return Shift(
        rule, f"component:default/c{number}", f"group:default/team-{number % 12}", was, now, environments
    )


def test_impact_is_told_by_team(golden):
    shifts = (
        *(shift(number, "", "deny") for number in range(30)),
        *(shift(number, "", "warn", "small", ("dev", "prod")) for number in range(3)),
        shift(50, "deny", "", "old"),
        shift(51, "warn", "deny", "small"),
        shift(52, "deny", "warn", "small"),
        shift(53, "deny", "waived", "small"),
        Shift("small", "charts/a.yaml", "", "", "deny"),
    )
    golden(
        "rules-impact.md",
        rules_impact(RulesImpactPart(("old", "runbook", "small"), ("later",), 90, 400, shifts)),
    )


def test_no_impact_is_said_too():
    part = RulesImpactPart(("runbook",), (), 90, 0)
    said = "**This merge changes 1 rule (`runbook`).** They do not judge it yet. Of 90 entities nothing would be judged otherwise."
    assert rules_impact(part) == said
