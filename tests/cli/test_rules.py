"""`roadcrew rules list|explain|test|export`, `roadcrew waiver new` and `check --report`, as people type them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from bot.catalog.yaml12 import load
from bot.cli import main
from bot.policy.documents import documents_of
from tests.conftest import ROOT

PLATFORM = """\
apiVersion: roadcrew.dev/v1
kind: Platform
metadata: {name: acme}
spec: {organization: acme}
"""
ENVIRONMENT = """\
apiVersion: roadcrew.dev/v1
kind: Environment
metadata: {name: %s}
spec: {order: %d}
"""
TEAM = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: shop}\nspec: {type: team, children: []}\n"
COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart}
spec: {type: service, lifecycle: production, owner: shop}
"""
RULE = """\
apiVersion: roadcrew.dev/v1
kind: Rule
metadata:
  name: has-link
  title: It has a link
  links: [{url: "https://example.org/why", title: Why}]
spec:
  severity: warn
  denyFrom: "2099-01-01"
  description: Links lead to help.
  fix: Add a link.
  judges: entity
  match: {kinds: [Component]}
  maxWaiverDays: 30
  validations:
    - {expression: has(entity.metadata.links), message: no link, field: metadata.links}
"""
OBJECTS = """\
apiVersion: roadcrew.dev/v1
kind: Rule
metadata: {name: many, title: There are two}
spec:
  severity: deny
  judges: object
  match: {kinds: [Deployment], environments: [prod]}
  waivable: false
  validations:
    - {expression: object.spec.replicas > environment.order, message: too few}
"""
CASES = """\
rule: has-link
cases:
  - name: with one
    given: {entity: {kind: Component, metadata: {name: a, links: []}}}
    expect: pass
  - name: without
    given: {entity: {kind: Component, metadata: {name: a}}}
    expect: fail
    message: no link
    field: metadata.links
"""
REGO = 'package main\nimport rego.v1\ndeny_x contains "x" if input.x\n'
REGO_TEST = (
    'package main\nimport rego.v1\ntest_x if count(deny_x) == 1 with input as {"x": 1}\ntest_y if false\n'
)


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A small platform repo, in which commands are typed."""
    files = {
        "catalog/platform.yaml": PLATFORM,
        "catalog/environments/dev.yaml": ENVIRONMENT % ("dev", 1),
        "catalog/environments/prod.yaml": ENVIRONMENT % ("prod", 2),
        "catalog/team.yaml": TEAM,
        "catalog/cart.yaml": COMPONENT,
        "rules/has-link.yaml": RULE,
        "rules/many.yaml": OBJECTS,
        "rules/tests/has-link.yaml": CASES,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [*arguments])


def day(days):
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_list_is_a_table(repo):
    result = run("rules", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "rule      weighs                      language  judges  title          file",
        "has-link  warn, deny from 2099-01-01  CEL       entity  It has a link  rules/has-link.yaml:4",
        "many      deny                        CEL       object  There are two  rules/many.yaml:3",
        "",
        "2 rules.",
    ]


def test_list_for_scripts(repo):
    first, second = json.loads(run("rules", "list", "--format", "json").stdout)
    assert first == {
        "name": "has-link",
        "severity": "warn",
        "denyFrom": "2099-01-01",
        "language": "cel",
        "judges": "entity",
        "title": "It has a link",
        "path": "rules/has-link.yaml",
        "line": 4,
        "waivable": True,
        "maxWaiverDays": 30,
    }
    assert (second["denyFrom"], second["waivable"]) == (None, False)


def test_explain_says_all_there_is(repo):
    run(
        "waiver",
        "new",
        "--rule",
        "has-link",
        "--target",
        "cart",
        "--reason",
        "soon",
        "--owner",
        "shop",
        "--days",
        "9",
    )
    assert run("rules", "explain", "has-link").stdout.splitlines() == [
        "has-link  rules/has-link.yaml:4",
        "    It has a link",
        "",
        "    why      Links lead to help.",
        "    fix      Add a link.",
        "    link     https://example.org/why",
        "    weighs   warn, deny from 2099-01-01",
        "    judges   entities of the catalog, by CEL",
        "    only     kinds Component",
        "    waivers  up to 30 days",
        "",
        "Must hold",
        "    has(entity.metadata.links)",
        "        else: no link",
        "",
        "Waivers",
        "    cart-has-link  component:default/cart  9 days left  catalog/waivers/cart-has-link.yaml",
        "",
        "Tests",
        "    pass  with one  rules/tests/has-link.yaml:3",
        "    fail  without  rules/tests/has-link.yaml:6",
    ]
    document = json.loads(run("rules", "explain", "has-link", "--format", "json").stdout)
    assert document["waivers"][0]["daysLeft"] == 9
    assert [one["expect"] for one in document["tests"]] == ["pass", "fail"]


def test_explain_knows_regos_rules_and_built_in_ones(repo):
    (repo / "rules/a.rego").write_text(REGO)
    assert "main.deny_x  rules/a.rego:3" in run("rules", "explain", "main.deny_x").stdout
    built_in = run("rules", "explain", "reference-unknown")
    assert (built_in.exit_code, built_in.stdout.splitlines()[0]) == (0, "reference-unknown  built in")


def test_an_unknown_rule_has_near_names(repo):
    result = run("rules", "explain", "has-lnik")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "There is no rule has-lnik. Did you mean has-link?\n"


def test_test_counts_and_says_what_is_not_tried(repo):
    result = run("rules", "test")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "has-link  2 tests, ok",
        "",
        "Note: many has no case that is expected to fail or to pass.",
        "",
        "2 tests: 2 passed, 0 failed.",
    ]
    assert run("rules", "test", "--strict").exit_code == 1


def test_a_case_that_fails_says_what_was_given_and_what_came(repo):
    text = CASES.replace("expect: pass", "expect: fail").replace("message: no link", "message: none")
    (repo / "rules/tests/has-link.yaml").write_text(text.replace("field: metadata.links", "field: spec"))
    result = run("rules", "test")
    assert result.exit_code == 1
    assert result.stdout.split("\n\nhas-link  ", 1)[0].splitlines() == [
        "rules/tests/has-link.yaml:3  has-link: with one",
        "    expected fail, got pass",
        '    given: {"entity": {"kind": "Component", "metadata": {"name": "a", "links": []}}}',
        "",
        "rules/tests/has-link.yaml:6  has-link: without",
        "    no message has 'none'; nothing points to spec, but to metadata.links",
        "    it said: no link",
        '    given: {"entity": {"kind": "Component", "metadata": {"name": "a"}}}',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: x\ncases: []\n", "cases: "),
        ("rule: has-link\ncases: [{name: a, given: {entty: 1}, expect: pass}]\n", "cases[0].given.entty"),
        ("rule: has-link\ncases: [{name: a, given: {}, expect: maybe}]\n", "cases[0].expect"),
        ("rule: has-lnik\ncases: [{name: a, given: {}, expect: pass}]\n", "Did you mean has-link?"),
        ("rule: [\n", "these cases cannot be read"),
    ],
)
def test_cases_that_are_wrong_fail(repo, text, said):
    (repo / "rules/tests/more.yaml").write_text(text)
    result = run("rules", "test")
    assert result.exit_code == 1
    assert said in result.stdout


def test_regos_own_tests_are_run_too(repo):
    (repo / "rules/a.rego").write_text(REGO)
    (repo / "rules/a_test.rego").write_text(REGO_TEST)
    result = run("rules", "test", "--format", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["passed"], document["failed"]) == (1, 3, 1)
    assert [(one["name"], one["passed"]) for one in document["tests"][2:]] == [
        ("test_x", True),
        ("test_y", False),
    ]
    tap = run("rules", "test", "--format", "tap").stdout.splitlines()
    assert tap[0] == "1..4"
    assert tap[4].startswith("not ok 4 - main: test_y")


def test_tests_of_any_folder_are_run(repo):
    result = run("rules", "test", "--rules", "rules")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "2 tests: 2 passed, 0 failed.")
    empty = run("rules", "test", "--rules", "catalog")
    assert (empty.exit_code, empty.stderr.startswith("There are no tests of rules.")) == (2, True)


def test_cases_may_be_of_a_part_of_rego(repo):
    (repo / "rules/a.rego").write_text(REGO)
    (repo / "rules/tests/rego.yaml").write_text(
        "rule: main.deny_x\ncases:\n  - {name: a, given: {object: {x: 1}}, expect: fail, message: x}\n"
        "  - {name: b, given: {object: {}}, expect: pass}\n"
    )
    assert run("rules", "test").exit_code == 0


def test_export_prints_what_a_cluster_takes(repo):
    result = run("rules", "export", "--env", "prod")
    policy, binding = (one.value for one in documents_of("a.yaml", result.stdout.encode()))
    assert (result.exit_code, result.stderr) == (0, "")
    assert policy["spec"]["validations"][0]["expression"] == "object.spec.replicas > 2"
    assert binding["spec"]["validationActions"] == ["Deny"]
    assert run("rules", "export", "--env", "dev").stdout == ""


def test_export_writes_a_folder_an_environment_and_clears_what_is_gone(repo):
    result = run("rules", "export", "--out", "out")
    assert result.stdout == "dev: 0 objects in out/dev\nprod: 2 objects in out/prod\n"
    files = sorted(one.name for one in (repo / "out/prod").iterdir())
    assert files == ["validatingadmissionpolicy-many.yaml", "validatingadmissionpolicybinding-many.yaml"]
    (repo / "out/prod/kept.yaml").write_text("a: 1\n")
    (repo / "rules/many.yaml").write_text(OBJECTS.replace("environment.order", "siblings.size()"))
    again = run("rules", "export", "--env", "prod", "--out", "out/prod")
    assert again.stderr == "Not exported: many asks for siblings, which a cluster does not know.\n"
    assert [one.name for one in (repo / "out/prod").iterdir()] == ["kept.yaml"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Which environment? Name one with --env (dev, prod), or a folder for all with --out.\n"),
        (("--env", "prd"), "There is no environment prd. Did you mean prod?\n"),
    ],
)
def test_export_wants_to_know_where(repo, arguments, sentence):
    result = run("rules", "export", *arguments)
    assert (result.exit_code, result.stderr) == (2, sentence)


WAIVER = ("waiver", "new", "--rule", "has-link", "--target", "cart", "--reason", "soon", "--owner", "shop")


def test_a_waiver_is_written(repo):
    result = run(*WAIVER, "--days", "30")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "catalog/waivers/cart-has-link.yaml",
        f"    component:default/cart need not keep has-link through {day(30)} (30 days).",
        "    It holds once it is merged.",
    ]
    assert load((repo / "catalog/waivers/cart-has-link.yaml").read_text()) == {
        "apiVersion": "roadcrew.dev/v1",
        "kind": "Waiver",
        "metadata": {"name": "cart-has-link"},
        "spec": {
            "rule": "has-link",
            "targets": ["component:default/cart"],
            "reason": "soon",
            "owner": "group:default/shop",
            "expires": day(30),
        },
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"--days": "31"}, "allows 30 days at a time. Write"),
        ({"--rule": "has-lnik", "--days": "3"}, "There is no rule `has-lnik`, so `cart-has-lnik` excuses nothing. Did you mean `has-link`"),
        ({"--rule": "many", "--days": "3"}, "many"),
        ({"--target": "crat", "--days": "3"}, "There is no crat in this catalog. Did you mean component:default/cart?"),
        ({"--owner": "shpo", "--days": "3"}, "There is no shpo in this catalog. Did you mean group:default/shop?"),
        ({"--env": "prd", "--days": "3"}, "Did you mean environment:default/prod?"),
        ({"--reason": " ", "--days": "3"}, "There is no reason."),
        ({"--expires": "2020-01-01"}, "2020-01-01 is past."),
        ({}, "Until when? Say either --expires YYYY-MM-DD or --days N."),
        ({"--name": "../x", "--days": "3"}, "'../x' is no name."),
    ],
)  # fmt: skip
def test_a_waiver_that_would_not_hold_is_not_written(repo, change, sentence):
    options = {"--rule": "has-link", "--target": "cart", "--reason": "soon", "--owner": "shop"} | change
    result = run("waiver", "new", *(one for pair in options.items() for one in pair))
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert not (repo / "catalog/waivers").exists()


def test_no_waiver_is_replaced(repo):
    assert run(*WAIVER, "--days", "3").exit_code == 0
    before = (repo / "catalog/waivers/cart-has-link.yaml").read_text()
    result = run(*WAIVER, "--days", "5")
    assert (result.exit_code, "There is a waiver of this name already." in result.stderr) == (2, True)
    assert (repo / "catalog/waivers/cart-has-link.yaml").read_text() == before


@pytest.mark.parametrize("name", ["report.json", "report.yaml"])
def test_check_writes_a_report(repo, name):
    run(*WAIVER, "--days", "3")
    (repo / "catalog/other.yaml").write_text(COMPONENT.replace("cart", "other"))
    assert run("check", "--report", name).exit_code == 0
    report = load((repo / name).read_text())
    assert report["summary"] == {"pass": 0, "fail": 0, "warn": 1, "error": 0, "skip": 1}
    assert [one["resources"][0]["name"] for one in report["results"]] == ["other", "cart"]
    assert run("check", "--report", "no/where.json").exit_code == 2


def test_what_ships_is_tried(tmp_path):
    for name in ("catalog", "rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    result = run("rules", "test", str(tmp_path), "--strict")
    assert result.exit_code == 0, result.stdout
