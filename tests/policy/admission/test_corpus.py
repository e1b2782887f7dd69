"""Real admission policies give the verdicts that their authors state."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from bot.policy.inline import judge_inline
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared

CORPORA = os.environ.get("ROADCREW_CORPORA")
ROOM = Path(CORPORA or ".") / "vap" / "kubescape+cel-admission-library"
STATED = {"pass": {Outcome.PASS, Outcome.SKIP}, "fail": {Outcome.FAIL}, "warn": {Outcome.FAIL}}
pytestmark = pytest.mark.skipif(
    not CORPORA, reason="ROADCREW_CORPORA is not set: real policies are not at hand"
)


def cases():
    for folder in sorted((ROOM / "controls").glob("*")):
        for case in json.loads((folder / "tests.json").read_text()):
            yield pytest.param(folder, case, id=f"{folder.name}-{case['name']}"[:100])


def document(name):
    return yaml.safe_load((ROOM / "test-resources" / name).read_text())


def changed(value, change):
    """`spec.containers.[0].image=x`, as the library's own test runner reads it."""
    path, _, text = change.partition("=")
    steps = [int(one[1:-1]) if one.startswith("[") else one for one in re.split(r"\.(?![^\[]*\])", path)]
    at = value
    for number, step in enumerate(steps[:-1]):
        empty = [] if isinstance(steps[number + 1], int) else {}
        if isinstance(at, list):
            at.extend(empty for _ in range(step + 1 - len(at)))
        elif at.get(step) is None:
            at[step] = empty
        at = at[step]
    if isinstance(at, list):
        at.extend(None for _ in range(steps[-1] + 1 - len(at)))
    at[steps[-1]] = yaml.safe_load(text) if text else ""


@pytest.mark.parametrize(("folder", "case"), list(cases()))
def test_it_gives_the_stated_verdict(folder, case):
    policy = yaml.safe_load((folder / "policy.yaml").read_text())
    value = document(case["template"])
    for change in case.get("field_change_list") or ():
        changed(value, change)
    request = Request(
        object=value, params=document(case.get("param_template", "default-control-configuration.yaml"))
    )
    ((found,),) = judge_inline([Policy(folder.name, Language.ADMISSION, (policy,), "")], [request], Shared())
    assert found.outcome in STATED[case["expected"]], found
