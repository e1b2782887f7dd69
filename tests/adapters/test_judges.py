"""The real Judge: what a policy breaks costs its own verdicts, and what it is told is what inline judges say."""

import pytest

from bot.adapters.every_judge import EveryJudge
from bot.adapters.judges import STOPPED, Judges
from bot.policy.inline import judge_inline
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared
from bot.policy.wire import policy_from_json, policy_to_json, verdicts_from_json, verdicts_to_json

GROUP = {"apiVersion": "backstage.io/v1alpha1", "kind": "Group", "metadata": {"name": "x"}, "spec": {}}
ENTITY = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Component",
    "metadata": {"name": "a"},
    "spec": {"owner": "x"},
}
SHARED = Shared(catalog={"group:default/x": GROUP}, now="2026-11-21T00:00:00+00:00")
REQUESTS = [Request(more={"entity": ENTITY}), Request(object={"kind": "Pod"})]


def rule(name, *expressions, variables=()):
    validations = [{"expression": one} for one in expressions]
    spec = {"judges": "entity", "validations": validations, "variables": list(variables)}
    return Policy(name, Language.CEL, ({"spec": spec},), name)


GOOD = rule("good", "catalog.has(entity.spec.owner)", "now < timestamp('2027-01-01T00:00:00Z')")
BAD = rule("bad", "entity.spec.owner == 'y'")
TEN = "[1,2,3,4,5,6,7,8,9,10]"


@pytest.fixture
def judges():
    with Judges(seconds=2.0, children=1) as made:
        yield made


def outcomes(verdicts):
    return [[one.outcome for one in of_policy] for of_policy in verdicts]


def test_children_say_what_an_inline_judge_says(judges):
    policies = [GOOD, BAD, rule("broken", "entity.spec.nothing")]
    assert judges(policies, REQUESTS, SHARED) == judge_inline(policies, REQUESTS, SHARED)
    assert outcomes(judges(policies, REQUESTS, SHARED)) == [
        [Outcome.PASS, Outcome.SKIP],
        [Outcome.FAIL, Outcome.SKIP],
        [Outcome.NOT_EVALUATED, Outcome.SKIP],
    ]


def test_many_requests_are_judged_in_their_order(judges):
    owners = [{**ENTITY, "spec": {"owner": "y" if number % 3 else "x"}} for number in range(1_201)]
    (found,) = judges([BAD], [Request(more={"entity": one}) for one in owners], SHARED)
    expected = [Outcome.PASS if one["spec"]["owner"] == "y" else Outcome.FAIL for one in owners]
    assert [one.outcome for one in found] == expected


def test_a_policy_that_needs_too_much_memory_costs_only_its_own_verdicts():
    double = [{"name": "v0", "expression": "'" + "x" * 1000 + "'"}]
    double += [
        {"name": f"v{n}", "expression": f"[variables.v{n - 1}, variables.v{n - 1}].join('')"}
        for n in range(1, 40)
    ]
    big = rule("big", "variables.v39.size() > 0", variables=double)
    with Judges(seconds=10.0, memory=2**29, children=1) as judges:
        (stopped,), (good,) = judges([big, GOOD], REQUESTS[:1], SHARED)
    assert stopped.outcome is Outcome.NOT_EVALUATED
    assert stopped.reason
    assert good.outcome is Outcome.PASS


def test_nothing_is_loaded_late_where_no_file_can_be_opened(judges):
    text = "'aws_secret_access_key: AKIAIOSFODNN7EXAMPLQ'"
    every = rule(
        "every",
        f"secrets.found({text}).size() > 0",
        "catalog.dependents('component:default/a').size() == 0",
        "catalog.owned('group:default/x').size() == 0",
        "quantity('1Gi').isGreaterThan(quantity('1M')) && isURL('https://a.b') && isIP('::1')",
        "cidr('10.0.0.0/8').containsIP('10.1.1.1') && semver('1.2.3').major() == 1",
        "!format.dns1123Label().validate('a').hasValue() && 'a1b2'.findAll('[0-9]').size() == 2",
        "timestamp('2026-01-01T00:00:00Z').getFullYear() == 2026 && duration('1h') > duration('1s')",
        "timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin') == 1",
        "'%s'.format(['a']).lowerAscii().split('').join('-') == 'a' && sets.contains([1], [1])",
    )
    assert outcomes(judges([every], REQUESTS[:1], SHARED)) == [[Outcome.PASS]]
    assert judges([every], REQUESTS[:1], SHARED) == judge_inline([every], REQUESTS[:1], SHARED)


def test_a_child_that_dies_is_replaced(judges):
    judges([GOOD], REQUESTS, SHARED)
    judges._pool.idle[0].process.kill()
    judges._pool.idle[0].process.wait()
    assert outcomes(judges([GOOD], REQUESTS, SHARED)) == [[Outcome.PASS, Outcome.SKIP]]


def test_a_policy_that_needs_too_long_costs_only_its_own_verdicts():
    passes = f"{TEN}.all(a, {TEN}.all(b, {TEN}.all(c, {TEN}.all(d, a + b + c + d > 0))))"
    slow = rule("slow", *[f"{passes} && {number} < 99" for number in range(20)])
    many = [Request(more={"entity": ENTITY})] * 500
    with Judges(seconds=1.0, children=1) as judges:
        stopped, good = judges([slow, GOOD], many, SHARED)
    assert {(one.outcome, one.reason) for one in stopped} == {
        (Outcome.NOT_EVALUATED, f"{STOPPED}it took longer than 1 seconds")
    }
    assert {one.outcome for one in good} == {Outcome.PASS}


def test_a_child_that_has_done_enough_is_replaced(judges, monkeypatch):
    monkeypatch.setattr("bot.adapters.judges._MOST_EVALUATIONS", 5)
    judges([GOOD, BAD], REQUESTS, SHARED)
    first = judges._pool.idle[0].process
    judges([GOOD], REQUESTS, SHARED)
    assert not judges._pool.idle
    assert first.poll() is not None


def test_a_child_that_lost_much_memory_is_replaced_before_the_next_policy(judges, monkeypatch):
    """The engine never lets go of what functions of ours return."""
    monkeypatch.setattr("bot.adapters.judges._MOST_GROWN", 6 * 2**20)
    items = [f"item {number}" for number in range(1_000)]
    leaky = rule("leaky", "entity.spec.items.all(one, one.matches('[0-9]+$'))")
    requests = [Request(more={"entity": {**ENTITY, "spec": {"owner": "x", "items": items}}})] * 40
    assert outcomes(judges([GOOD], requests, SHARED)) == [[Outcome.PASS] * 40]
    first = judges._pool.idle[0].process
    assert outcomes(judges([leaky, GOOD], requests, SHARED)) == [[Outcome.PASS] * 40] * 2
    assert first.poll() is not None


def test_without_policies_or_requests_nothing_is_started():
    with Judges() as judges:
        assert judges([], REQUESTS, SHARED) == []
        assert judges([GOOD], [], SHARED) == [[]]
        assert not judges._pool.idle


def test_policies_and_verdicts_cross_as_they_are():
    assert policy_from_json(policy_to_json(GOOD)) == GOOD
    for of_policy in judge_inline([GOOD, BAD], REQUESTS, SHARED):
        assert verdicts_from_json(verdicts_to_json(of_policy)) == of_policy


TEMPLATE = {
    "apiVersion": "templates.gatekeeper.sh/v1",
    "kind": "ConstraintTemplate",
    "metadata": {"name": "labelled"},
    "spec": {
        "crd": {"spec": {"names": {"kind": "Labelled"}}},
        "targets": [
            {
                "target": "admission.k8s.gatekeeper.sh",
                "code": [
                    {
                        "engine": "K8sNativeValidation",
                        "source": {
                            "validations": [
                                {
                                    "expression": "variables.params.labels.all(one, one in "
                                    "variables.anyObject.metadata.?labels.orValue({}))",
                                    "message": "a label is missing",
                                }
                            ]
                        },
                    }
                ],
            }
        ],
    },
}
CONSTRAINT = {
    "apiVersion": "constraints.gatekeeper.sh/v1beta1",
    "kind": "Labelled",
    "metadata": {"name": "labels"},
    "spec": {"parameters": {"labels": ["team"]}, "enforcementAction": "warn"},
}


def test_gatekeepers_cel_is_judged_with_its_parameters():
    policy = Policy("labels", Language.GATEKEEPER, (TEMPLATE, CONSTRAINT), "d")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    labelled = {**pod, "metadata": {"name": "p", "labels": {"team": "a"}}}
    with EveryJudge() as judge:
        (found,) = judge([policy], [Request(object=pod), Request(object=labelled)], Shared())
    assert [one.outcome for one in found] == [Outcome.FAIL, Outcome.PASS]
    assert found[0].violations[0].message == "a label is missing"


def test_each_policy_gets_its_verdicts_whatever_its_language():
    text = 'package main\nimport rego.v1\ndeny contains "no" if input.kind == "Pod"\n'
    rego = Policy(
        "main", Language.REGO, ({"path": "a.rego", "text": text},), "r", options={"namespace": "main"}
    )
    with EveryJudge() as judge:
        found = judge([GOOD, rego, BAD], REQUESTS, SHARED)
    assert [one.outcome for one in found[0]] == [Outcome.PASS, Outcome.SKIP]
    assert found[1][1].outcome is Outcome.FAIL
    assert [one.outcome for one in found[2]] == [Outcome.FAIL, Outcome.SKIP]
