"""The rules that Roadcrew ships: each says what people need to hear, and has cases that pass and that fail."""

import hashlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bot.catalog.own import RuleSpec
from bot.catalog.yaml12 import load
from bot.policy.inline import judge_inline
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules"
NOW = "2026-11-21T12:00:00Z"


def documents(path):
    return [load(text) for text in path.read_text().split("\n---\n")]


@cache
def policies():
    """By name; without the files that only say how much a built-in rule weighs."""
    found = {}
    for path in sorted(RULES.glob("*.yaml")):
        first, *others = documents(path)
        if first["kind"] == "Rule" and "judges" not in first["spec"]:
            continue
        language = Language.CEL if first["kind"] == "Rule" else Language.ADMISSION
        assert first["metadata"]["name"] == path.stem
        digest = hashlib.sha256(json.dumps([first, *others]).encode()).hexdigest()
        found[path.stem] = Policy(path.stem, language, (first, *others), digest)
    return found


@cache
def cases():
    """(rule, case) of all files of tests."""
    files = [load(path.read_text()) for path in sorted((RULES / "tests").glob("*.yaml"))]
    return [(one["rule"], case) for one in files for case in one["cases"]]


def named(pair):
    rule, case = pair
    return f"{rule}: {case['name']}"


def asked(given):
    known = {
        f"{one['kind']}:{one['metadata'].get('namespace', 'default')}/{one['metadata']['name']}".lower(): one
        for one in given.get("catalog", ())
    }
    more = {
        name: given[name] for name in ("entity", "siblings", "environment", "pull", "file") if name in given
    }
    has_old = given.get("oldObject") is not None
    request = Request(
        object=given.get("object"),
        old_object=given.get("oldObject"),
        operation=given.get("operation", "UPDATE" if has_old else "CREATE"),
        path=given.get("path", ""),
        more=more,
    )
    return request, Shared(catalog=known, now=given.get("now", NOW))


@pytest.mark.parametrize("pair", cases(), ids=named)
def test_a_case_is_judged_as_it_says(pair):
    rule, case = pair
    request, shared = asked(case["given"])
    ((verdict,),) = judge_inline([policies()[rule]], [request], shared)
    assert verdict.outcome == Outcome(case["expect"]), verdict
    said = "\n".join(one.message for one in verdict.violations)
    assert case.get("message", "") in said
    if "field" in case:
        fields = [".".join(map(str, one.field)) for one in verdict.violations]
        assert case["field"] in fields


@pytest.mark.parametrize("rule", policies())
def test_every_rule_has_cases_that_pass_and_that_fail(rule):
    expected = {case["expect"] for name, case in cases() if name == rule}
    assert expected >= {"pass", "fail"}


@pytest.mark.parametrize("rule", policies())
def test_every_rule_says_why_and_what_to_do(rule):
    document = policies()[rule].documents[0]
    if document["kind"] == "Rule":
        spec = RuleSpec.model_validate(document["spec"])
        told = [document["metadata"]["title"], spec.description, spec.fix]
        link = document["metadata"]["links"][0]["url"]
        assert all(one.field for one in spec.validations)
    else:
        annotations = document["metadata"]["annotations"]
        told = [annotations[f"roadcrew.dev/{name}"] for name in ("title", "description", "fix")]
        link = annotations["roadcrew.dev/link"]
    assert all(told)
    assert link.startswith("https://")


def test_each_validation_of_a_rule_is_seen_to_fail():
    failing = {}
    for rule, case in cases():
        if case["expect"] == "fail":
            request, shared = asked(case["given"])
            ((verdict,),) = judge_inline([policies()[rule]], [request], shared)
            failing.setdefault(rule, set()).update(one.rule for one in verdict.violations)
    for rule, policy in policies().items():
        validations = policy.documents[0]["spec"]["validations"]
        assert len(failing[rule]) == len(validations), rule


def weight(spec):
    until = f"; `deny` from {spec['denyFrom']}" if "denyFrom" in spec else ""
    return f"`{spec['severity']}`{until}"


def row(name, policy):
    """A line of the table in the documentation."""
    document = policy.documents[0]
    if document["kind"] == "Rule":
        judged, spec = document["spec"]["judges"], document["spec"]
        title = document["metadata"]["title"]
    else:
        judged, spec = "object", {"severity": "deny"}
        title = document["metadata"]["annotations"]["roadcrew.dev/title"]
    return f"| [`{name}`](../rules/{name}.yaml) | {judged} | {weight(spec)} | {title} |"


def test_the_documentation_names_them_all():
    told = (ROOT / "docs/rules.md").read_text()
    table = told.split("<!-- shipped rules -->\n")[1].split("<!-- /shipped rules -->")[0]
    head = ["| rule | judges | weighs | what must be true |", "| --- | --- | --- | --- |"]
    assert table.splitlines() == [*head, *(row(*one) for one in policies().items())]


def test_the_rego_to_start_from_keeps_its_own_tests():
    ask = [sys.executable, "-m", "bot", "rules", "test", "--rules", "docs/examples/rego"]
    told = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "5 passed, 0 failed" in told
