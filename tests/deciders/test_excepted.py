"""What a policy's own exception lets through: it weighs nothing, and is seen and counted all the same."""

from bot.catalog.check import check
from bot.deciders.changes import Side
from bot.deciders.review import plan_review
from bot.deciders.standing import Standing, standing_findings
from bot.model.event import PullChanged
from bot.model.plan import Severity
from bot.policy.inline import judge_inline
from bot.report.formats.json import as_json
from bot.report.formats.sarif import as_sarif
from bot.report.formats.text import as_text
from bot.report.openreports import openreport
from bot.report.rules import waived_block
from bot.templating.environment import environments
from tests.platforms import NOW, PLATFORM, REPO, component, rendered, snapshot

POLICY = """\
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: small}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}
  validations:
    - {expression: int(object.data.size) < 3, message: It is too big.}
---
apiVersion: policies.kyverno.io/v1
kind: PolicyException
metadata: {name: but}
spec:
  policyRefs: [{name: small, kind: ValidatingPolicy}]
  matchConditions:
    - {name: shop, expression: object.metadata.name == "shop"}
"""
FILES = PLATFORM | {"rules/small.yaml": POLICY, "catalog/shop.yaml": component("shop", size=9)}
SAID = "`ConfigMap/shop` in `dev` and `prod`: Excepted: policy exception but."


def standing(tree_of, files=FILES):
    tree = tree_of(files)
    catalog = check(tree, whole=True).catalog

    def sides():
        return [Side(rendered(tree, one.name), catalog, one) for one in environments(catalog)]

    return Standing(tree, catalog, judge_inline, NOW, {}, sides)


def excepted(findings):
    return [one for one in findings if "excepted" in one.facts]


def test_the_check_says_what_is_excepted_and_counts_it(tree_of):
    (finding,) = excepted(found := standing_findings(standing(tree_of)))
    assert (finding.rule, finding.severity, finding.facts["excepted"]) == (
        "small",
        Severity.INFO,
        "policy exception but",
    )
    text = as_text(found, 5)
    assert SAID in text
    assert text.splitlines()[-1].endswith("1 excepted.")
    assert "Excepted by policy exception but." in as_sarif(found, 5)
    assert '"excepted": "policy exception but"' in as_json(found, 5)


def test_who_is_not_excepted_is_judged(tree_of):
    files = FILES | {"catalog/cart.yaml": component("cart", size=9)}
    found = [one for one in standing_findings(standing(tree_of, files)) if one.rule == "small"]
    assert {(one.facts["subject"], one.severity) for one in found} == {
        ("component:default/cart", Severity.DENY),
        ("component:default/shop", Severity.INFO),
    }


def test_a_report_skips_it(tree_of):
    here = standing(tree_of)
    found = openreport(here.faults(here.rules), here.passed(here.rules), NOW)
    assert found["summary"] == {"pass": 0, "fail": 0, "warn": 0, "error": 0, "skip": 2}
    assert {one["properties"]["exception"] for one in found["results"]} == {"policy exception but"}


def test_a_pull_request_shows_it_beside_what_is_waived(tree_of):
    base = tree_of({path: text for path, text in FILES.items() if path != "catalog/shop.yaml"})
    made = snapshot(
        base=base, merged=base.with_files({"catalog/shop.yaml": component("shop", size=9).encode()})
    )
    plan = plan_review(PullChanged(delivery="d", repo=REPO, number=7), made)
    assert not plan.denies
    assert len(excepted(plan.findings)) == 1
    block = waived_block(plan.findings)
    assert "1 finding excepted" in block
    assert SAID in block
