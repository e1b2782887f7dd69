"""`review` by Rego that says in its METADATA what it judges: entities, the pull request, files."""

import pytest

from bot.adapters.every_judge import EveryJudge
from bot.deciders.review import plan_review
from bot.model.event import PullChanged
from bot.model.pull import Person, Pull
from bot.policy.rego.annotations import read_annotations
from bot.policy.rego.data import NoJson, json_of
from tests.platforms import PLATFORM, REPO, component, snapshot

EVENT = PullChanged(delivery="d", repo=REPO, number=7)


def policy(judges, body, *, name="main", more=""):
    return (
        f"# METADATA\n# title: Ours\n# description: So that we sleep.\n# related_resources:\n"
        f"#   - ref: https://acme.example/why\n# custom:\n#   judges: {judges}\n#   fix: Mend it.\n{more}"
        f"package {name}\n\nimport rego.v1\n\n{body}\n"
    )


@pytest.fixture(scope="module")
def judge():
    judge = EveryJudge()
    yield judge
    judge.close()


@pytest.fixture
def review(tree_of, judge):
    def plan(change, rules, **facts):
        before = tree_of(PLATFORM | rules)
        files = {path: text.encode() if isinstance(text, str) else text for path, text in change.items()}
        facts = {"base": before, "merged": before.with_files(files), "judge": judge} | facts
        return plan_review(EVENT, snapshot(**facts))

    return plan


def said(plan):
    return [
        (one.rule, one.severity.value, f"{one.path}:{one.line}", one.facts.get("message"))
        for one in plan.findings
    ]


ENTITY = policy(
    "entity", 'deny contains msg if {\n  input.kind == "Component"\n  msg := input.metadata.name\n}'
)
PULL = policy("pull", 'warn_size contains "Too many paths." if count(input.paths) > 1')
FILE = policy(
    "file",
    "deny contains msg if {\n  input.services[name].privileged\n"
    '  msg := sprintf("%s is privileged", [name])\n}',
    more='#   paths: ["**/compose.yaml"]\n',
)
TEXT = policy(
    "file",
    'deny contains "From latest." if contains(input.text, ":latest")',
    more="#   paths: [Dockerfile]\n",
)
COMPOSE = (
    "services: {a: {privileged: true}}\n---\nservices: {b: {}}\n---\nservices: {c: {privileged: true}}\n"
)


def test_it_judges_entities(review):
    plan = review({"catalog/cart.yaml": component("cart")}, {"rules/main.rego": ENTITY})
    assert said(plan) == [("main.deny", "deny", "catalog/cart.yaml:3", "cart")]
    (found,) = plan.findings
    assert {key: found.facts[key] for key in ("fix", "link")} == {
        "fix": "Mend it.",
        "link": "https://acme.example/why",
    }


def test_it_judges_the_pull_request(review):
    pull = Pull(REPO, 7, "Two", Person("developer"), "main", "0" * 40, "two", "1" * 40, REPO)
    change = {"a.md": "a", "b.md": "b"}
    plan = review(change, {"rules/main.rego": PULL}, pull=pull)
    assert [(rule, severity) for rule, severity, *_ in said(plan)] == [("main.warn_size", "warn")]
    assert not said(review({"a.md": "a"}, {"rules/main.rego": PULL}, pull=pull))


def test_it_judges_each_document_of_the_files_that_it_names(review):
    change = {"ops/compose.yaml": COMPOSE, "ops/other.yaml": COMPOSE}
    assert said(review(change, {"rules/main.rego": FILE})) == [
        ("main.deny", "deny", "ops/compose.yaml:0", "a is privileged"),
        ("main.deny", "deny", "ops/compose.yaml:0", "c is privileged"),
    ]


def test_it_judges_the_text_of_what_is_no_yaml(review):
    rules = {"rules/main.rego": TEXT}
    assert said(review({"Dockerfile": "FROM a:latest\n"}, rules)) == [
        ("main.deny", "deny", "Dockerfile:0", "From latest.")
    ]
    assert not said(review({"Dockerfile": "FROM a:1\n"}, rules))


@pytest.mark.parametrize(
    ("files", "line", "reason"),
    [
        ({"main.rego": policy("nothing", "deny contains 1 if false")}, 1, "custom.judges: nothing"),
        ({"main.rego": ENTITY.replace("# custom:", "# custom: [")}, 1, "no YAML"),
        ({"main.rego": ENTITY.replace("#   fix", "#   paths: [a]\n#   fix")}, 1, "goes with"),
        (
            {"a.rego": ENTITY, "b.rego": "\n" + policy("pull", 'deny contains "x" if false')},
            2,
            "do not say the same",
        ),
    ],
)
def test_annotations_that_cannot_be_used_are_said_and_judge_nothing(review, files, line, reason):
    rules = {f"rules/{name}": text for name, text in files.items()}
    plan = review({**rules, "catalog/cart.yaml": component("cart")}, {})
    (found,) = [one for one in plan.findings if one.rule == "rule-broken"]
    assert (found.line, reason in str(found.facts["reason"])) == (line, True)


def test_other_comments_and_scopes_say_nothing(review):
    text = (
        '# judges: entity\npackage main\n\nimport rego.v1\n\ndeny contains "x" if input.kind == "Component"\n'
    )
    scoped = text.replace("deny", "# METADATA\n# scope: rule\n# custom: {judges: pull}\ndeny", 1)
    for one in (text, scoped):
        plan = review({"catalog/cart.yaml": component("cart")}, {"rules/main.rego": one})
        assert not said(plan)  # it judges objects, of which none is a Component


@pytest.mark.timeout(20)
def test_comments_without_end_are_read_once():
    assert read_annotations("package x\n" + "#\n" * 200_000) is None
    assert read_annotations("#\n" * 200_000 + "x") is None


def test_a_number_of_thousands_of_digits_is_no_json():
    with pytest.raises(NoJson):
        json_of(b"1" * 5_000)
