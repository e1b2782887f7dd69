"""The tables of APIs that Kubernetes takes away, held against the schemas of its versions."""

import json
import re
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest

from bot.catalog.yaml12 import load
from bot.policy.inline import judge_inline
from bot.policy.verdict import Outcome, Request, Shared
from tests.content.test_rules_shipped import RULES, policies

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
MINORS = sorted(int(path.name.split(".")[1]) for path in SCHEMAS.glob("v1.*-local"))


@cache
def served(minor):
    """`group/version/kind` of all betas that this version of Kubernetes serves."""
    found = set()
    for path in (SCHEMAS / f"v1.{minor}.0-local").glob("*beta*.json"):
        for one in json.loads(path.read_text()).get("x-kubernetes-group-version-kind", ()):
            if not one["kind"].endswith(("List", "Options")):
                found.add(f"{one['group']}/{one['version']}/{one['kind']}")
    return found


@cache
def table(rule, variable):
    """API to its numbers and what takes its place, as the rule's variable has them."""
    spec = load((RULES / f"{rule}.yaml").read_text())["spec"]
    (text,) = [one["expression"] for one in spec["variables"] if one["name"] == variable]
    return {key: re.findall(r'"([^"]*)"', row) for key, row in re.findall(r'"([^"]+)":\s*\[([^\]]*)\]', text)}


def judged(rule, api, minor):
    version, _, kind = api.rpartition("/")
    request = Request(
        object={"apiVersion": version, "kind": kind, "metadata": {"name": "x"}},
        more={"environment": {"name": "prod", "kubernetes": f"1.{minor}"}},
    )
    return judge_inline([policies()[rule]], [request], Shared())[0][0].outcome


@pytest.mark.parametrize("minor", MINORS[1:])
def test_what_a_version_took_away_is_in_the_table(minor):
    gone = served(minor - 1) - served(minor)
    assert gone == {api for api, row in table("api-removed", "removed").items() if row[0] == str(minor)}
    for api in gone:
        assert judged("api-removed", api, minor) is Outcome.FAIL
        assert judged("api-removed", api, minor - 1) is Outcome.PASS


def test_what_is_gone_before_the_first_version_that_we_know_is_served_by_none():
    rows = table("api-removed", "removed").items()
    old = {api for api, row in rows if int(row[0]) <= MINORS[0]}
    assert len(old) > 30
    assert not old & {api for minor in MINORS for api in served(minor)}


def test_what_is_deprecated_is_served_until_it_is_removed():
    removed = {api: row[0] for api, row in table("api-removed", "removed").items()}
    for api, (since, until, _) in table("api-deprecated", "deprecated").items():
        assert int(since) < int(until)
        if until != "9999":
            assert removed[api] == until
            assert api in served(int(since)) & served(int(until) - 1)
            assert judged("api-deprecated", api, int(since)) is Outcome.FAIL
            assert judged("api-deprecated", api, int(until)) is Outcome.PASS
