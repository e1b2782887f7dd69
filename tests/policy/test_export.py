"""Rules as objects of a cluster: Kubernetes takes them, and they say what the rule says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.schemas import ShippedSchemas
from bot.cli.rules_place import rules_around
from bot.kubernetes.validate import validate
from bot.model.plan import Severity
from bot.policy.export import Reach, exported
from bot.policy.inline import judge_inline
from bot.policy.rules.ruleset import RuleSet, Ruling, Weight
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared
from bot.report.rulesexport import LEFT, left_lines
from tests.conftest import ROOT

PROD = {"name": "prod", "order": 2, "isLast": True, "isFirst": False, "domain": 'a"b.example'}
DAY = date(2026, 11, 21)
OURS = {"app.kubernetes.io/managed-by": "roadcrew", "app.kubernetes.io/name": "cart"}
SCHEMAS = ShippedSchemas()


def ruling(validations, *, name="one", match=None, variables=(), weight="deny", deny_from=None):
    spec = {
        "judges": "object",
        "match": match or {"kinds": ["Deployment"]},
        "variables": list(variables),
        "validations": [{"expression": one} if isinstance(one, str) else one for one in validations],
    }
    policy = Policy(name, Language.CEL, ({"spec": spec},), name)
    return Ruling(policy, "object", Weight(weight, deny_from), title="A title", fix="Mend it.")


def objects(*rulings, environment=PROD, parameters=(), reach=None):
    found = exported(RuleSet(rulings, parameters=parameters), environment, DAY, reach)
    return found.objects, found.left


def policy_of(made, name="one"):
    bindings = made[f"validatingadmissionpolicybinding-{name}.yaml"]
    documents = (made[f"validatingadmissionpolicy-{name}.yaml"], bindings)
    return Policy(name, Language.ADMISSION, documents, name)


def outcomes(policy, *requests):
    ((*verdicts,),) = judge_inline([policy], requests, Shared(now="2026-11-21T00:00:00Z"))
    return [(one.outcome, [each.message for each in one.violations]) for one in verdicts]


def deployment(labels=None, replicas=None, **more):
    metadata = {"name": "cart", "namespace": "shop", **({"labels": labels} if labels is not None else {})}
    spec = {"minReadySeconds": replicas} if replicas is not None else {}  # the API server fills in none
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, **more}


def test_what_ships_is_taken_by_every_version_of_kubernetes():
    rules = rules_around(ROOT).rules
    found = exported(rules, PROD, DAY)
    assert len(found.objects) >= 10
    versions = [one for one in SCHEMAS.versions if tuple(map(int, one.split("."))) >= (1, 30)]
    assert versions
    for version in versions:
        for one in found.objects.values():
            assert validate(SCHEMAS, version, one) == ()


def test_every_rule_that_judges_objects_is_exported_or_named():
    rules = rules_around(ROOT).rules
    found = exported(rules, PROD, DAY)
    made = {one["metadata"]["name"] for one in found.objects.values()}
    left = {one.rule for one in found.left}
    assert not made & left
    judged = {one.name for one in rules.rulings if one.judges == "object"}
    assert made | left == judged


def test_constants_of_the_environment_are_put_in():
    made, left = objects(
        ruling(
            ["object.metadata.name != environment.name || !environment.isLast || environment.order > 9"],
            variables=[{"name": "x", "expression": "environment.domain"}],
        )
    )
    assert left == ()
    spec = made["validatingadmissionpolicy-one.yaml"]["spec"]
    assert spec["validations"][0]["expression"] == 'object.metadata.name != "prod" || !true || 2 > 9'
    assert spec["variables"] == [{"name": "x", "expression": '"a\\"b.example"'}]


def test_labels_that_objects_carry_stand_for_the_entitys():
    one = ruling(['entity.metadata.labels["roadcrew.dev/tier"] != "tier-1"'])
    made, _ = objects(one)
    said = made["validatingadmissionpolicy-one.yaml"]["spec"]["validations"][0]["expression"]
    assert said == 'object.metadata.labels["roadcrew.dev/tier"] != "tier-1"'


@pytest.mark.parametrize(
    ("one", "reason", "what"),
    [
        (ruling(["has(entity.spec.owner)"]), "asks", "entity"),
        (ruling(["environment == null"]), "asks", "environment"),
        (ruling(["environment.unheard == 1"]), "asks", "environment"),
        (ruling(['catalog.has("a")']), "asks", "catalog"),
        (ruling(["siblings.size() > 1"]), "asks", "siblings"),
        (ruling([{"expression": "true", "messageExpression": "string(now)"}]), "asks", "now"),
        (ruling(["true"], match={"kinds": ["Pod"], "owners": ["a"]}), "match", "match.owners"),
        (ruling(["true"], match={"kinds": ["Pod"], "paths": ["a"]}), "match", "match.paths"),
        (ruling(["true"], match={"kinds": ["Pod*"]}), "glob", "Pod*"),
        (ruling(["true"], match={"labels": {"a": "b"}}), "kinds", ""),
        (ruling(["true"], name="a--_"), "name", ""),
    ],
)
def test_what_a_cluster_cannot_know_stays_behind(one, reason, what):
    made, (left,) = objects(one)
    assert (made, left.reason, left.what) == ({}, reason, what)


def test_names_that_only_look_alike_are_left_alone():
    text = 'object.spec.environment.name == "environment.name" && {"now": 1}.now == 1 && object.pull.x'
    made, left = objects(ruling([text]))
    assert left == ()
    assert made["validatingadmissionpolicy-one.yaml"]["spec"]["validations"][0]["expression"] == text


def test_rego_and_kyverno_stay_behind():
    rego = Ruling(Policy("main", Language.REGO, (), ""), "object")
    kyverno = {"apiVersion": "policies.kyverno.io/v1", "kind": "ValidatingPolicy", "spec": {}}
    _, left = objects(rego, Ruling(Policy("k", Language.ADMISSION, (kyverno,), ""), "object"))
    assert [(one.rule, one.reason) for one in left] == [("main", "rego"), ("k", "kyverno")]


VAP = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "one"},
    "spec": {"validations": [{"expression": "true"}]},
}
ANY = {"resourceRules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]}
BINDING = {**VAP, "kind": "ValidatingAdmissionPolicyBinding", "spec": {"policyName": "one"}}


WHERE = {
    "namespaceSelector": {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": ["kube-node-lease", "kube-public", "kube-system"],
            }
        ]
    },
    "objectSelector": {"matchLabels": {"app.kubernetes.io/managed-by": "roadcrew"}},
}


def test_a_policy_of_kubernetes_goes_as_it_is_with_its_parameters():
    limits = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits"}}
    one = Ruling(Policy("one", Language.ADMISSION, (VAP, BINDING), ""), "object")
    made, left = objects(one, parameters=(limits,))
    assert left == ()
    assert [*made.values()] == [
        limits,
        VAP,
        {**BINDING, "spec": {"policyName": "one", "matchResources": WHERE}},
    ]


def test_a_policy_that_nobody_bound_gets_a_binding():
    one = Ruling(Policy("one", Language.ADMISSION, (VAP,), ""), "object", Weight("warn"))
    made, _ = objects(one)
    spec = made["validatingadmissionpolicybinding-one.yaml"]["spec"]
    assert (spec["policyName"], spec["validationActions"]) == ("one", ["Warn"])


@pytest.mark.parametrize(
    ("weight", "day", "action"),
    [("deny", None, "Deny"), ("warn", None, "Warn"), ("info", None, "Audit"),
     ("warn", date(2026, 11, 21), "Deny"), ("warn", date(2026, 11, 22), "Warn")],
)  # fmt: skip
def test_severity_becomes_an_action(weight, day, action):
    made, _ = objects(ruling(["true"], weight=weight, deny_from=day))
    assert made["validatingadmissionpolicybinding-one.yaml"]["spec"]["validationActions"] == [action]


def test_rules_that_are_off_or_for_elsewhere_or_of_entities_are_no_object():
    entity = Ruling(Policy("e", Language.CEL, (), ""), "entity")
    elsewhere = ruling(["true"], match={"kinds": ["Pod"], "environments": ["dev"]})
    assert objects(ruling(["true"], weight="off"), entity, elsewhere) == ({}, ())


def test_the_clusters_own_namespaces_are_let_be():
    made, _ = objects(ruling(["false"]))
    policy = policy_of(made)
    for space, outcome in (("kube-system", Outcome.SKIP), ("shop", Outcome.FAIL)):
        one = deployment(OURS)
        one["metadata"]["namespace"] = space
        assert outcomes(policy, Request(object=one))[0][0] is outcome


def judged(labels, *, reach=None, one=None, before=None):
    made, _ = objects(one or ruling(["false"]), reach=reach)
    old = deployment(before) if before is not None else None
    request = Request(object=deployment(labels), old_object=old, operation="UPDATE" if old else "CREATE")
    return outcomes(policy_of(made), request)[0][0]


@pytest.mark.parametrize(
    ("labels", "outcome"),
    [(OURS, Outcome.FAIL), ({"app.kubernetes.io/managed-by": "cloudnative-pg"}, Outcome.SKIP), (None, Outcome.SKIP)],
)  # fmt: skip
def test_what_operators_make_is_let_be(labels, outcome):
    assert judged(labels) is outcome
    assert judged(labels, reach=Reach(labels={})) is Outcome.FAIL


def test_nobody_gets_away_by_taking_the_label_off():
    assert judged({}, before=OURS) is Outcome.FAIL


def test_an_unselective_binding_of_ones_own_is_narrowed_and_a_selective_one_is_not():
    document = {**VAP, "spec": {"validations": [{"expression": "false"}], "matchConstraints": ANY}}
    wide = Ruling(Policy("one", Language.ADMISSION, (document, BINDING), ""), "object")
    said = {"policyName": "one", "matchResources": {"objectSelector": {"matchLabels": {"a": "b"}}}}
    own = Ruling(Policy("one", Language.ADMISSION, (document, {**BINDING, "spec": said}), ""), "object")
    operators = {"app.kubernetes.io/managed-by": "cloudnative-pg", "a": "b"}
    assert judged(operators, one=wide) is Outcome.SKIP
    assert judged(operators, one=own) is Outcome.FAIL


def test_an_overridden_weight_is_that_of_the_binding():
    one = Ruling(Policy("one", Language.ADMISSION, (VAP, BINDING), ""), "object", Weight("warn"))
    made, _ = objects(one)
    assert made["validatingadmissionpolicybinding-one.yaml"]["spec"]["validationActions"] == ["Warn"]


def test_the_waived_are_spared_and_nobody_else():
    reach = Reach(spared={"one": ("cart",)})
    assert judged(OURS, reach=reach) is Outcome.SKIP
    assert judged(OURS | {"app.kubernetes.io/name": "shop"}, reach=reach) is Outcome.FAIL


def test_where_a_cluster_cannot_tell_what_is_waived_it_warns():
    made, _ = objects(ruling(["false"]), reach=Reach(open_={"one"}))
    assert made["validatingadmissionpolicybinding-one.yaml"]["spec"]["validationActions"] == ["Warn"]


def test_every_reason_has_words():
    rego = Ruling(Policy("main", Language.REGO, (), ""), "object")
    found = exported(RuleSet((rego,)), PROD, DAY)
    assert left_lines(found) == ["Not exported: main is Rego; a cluster judges by CEL."]
    source = (ROOT / "bot/policy/export.py").read_text()
    assert all(f'_Left("{reason}"' in source for reason in LEFT)


LABELS = st.dictionaries(
    st.sampled_from(["roadcrew.dev/tier", "app", "b.c/d"]),
    st.sampled_from(["tier-1", "tier-2", "x", "x.y", ""]),
)
MATCHES = st.fixed_dictionaries(
    {"kinds": st.lists(st.sampled_from(["Deployment", "apps/v1/Deployment", "Pod", "apps/v1/StatefulSet", "v1/ConfigMap"]), min_size=1, max_size=2)},
    optional={
        "tiers": st.lists(st.sampled_from(["tier-1", "tier-*", "x.y"]), min_size=1, max_size=2),
        "labels": st.dictionaries(st.sampled_from(["app", "b.c/d"]), st.sampled_from(["x", "x*", "*", "x.y", ".*"]), max_size=2),
        "environments": st.just(["pro*"]),
        "where": st.sampled_from(["environment.isLast", 'object.metadata.name == "cart"', "!has(object.spec.minReadySeconds)", "object.spec.minReadySeconds > 0"]),
    },
)  # fmt: skip
EXPRESSIONS = st.sampled_from(
    [
        "object.spec.minReadySeconds >= 2",
        "has(object.spec.minReadySeconds)",
        "variables.least <= environment.order",
        "oldObject == null || object.spec == oldObject.spec",
        'object.kind == "Deployment" && environment.name == "prod"',
        'object.metadata.labels["app"].startsWith("x")',
    ]
)
MESSAGES = st.fixed_dictionaries(
    {"expression": EXPRESSIONS, "message": st.sampled_from(["too few", "two words"])},
    optional={
        "messageExpression": st.sampled_from(
            ['"has " + string(object.spec.minReadySeconds)', "environment.name"]
        )
    },
)


@given(
    match=MATCHES,
    validations=st.lists(MESSAGES, min_size=1, max_size=2),
    labels=st.none() | LABELS,
    replicas=st.none() | st.integers(0, 3),
    old=st.booleans(),
    kind=st.sampled_from(
        [("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("v1", "Pod"), ("v1", "ConfigMap")]
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_cluster_says_what_the_rule_says(match, validations, labels, replicas, old, kind):
    one = ruling(
        validations, match=match, variables=[{"name": "least", "expression": "object.spec.minReadySeconds"}]
    )
    made, left = objects(one, reach=Reach(labels={}))
    assert left == ()
    for each in made.values():
        assert validate(SCHEMAS, "1.34", each) == ()
    value = deployment(labels, replicas, apiVersion=kind[0], kind=kind[1])
    before = deployment(labels, 1, apiVersion=kind[0], kind=kind[1]) if old else None
    # What a cluster has as labels, the entity has too: our templates see to it.
    more = {"entity": {"metadata": {"labels": labels or {}}}, "environment": PROD}
    request = Request(object=value, old_object=before, operation="UPDATE" if old else "CREATE", more=more)
    ((outcome, messages),) = outcomes(one.policy, request)
    ((found, said),) = outcomes(policy_of(made), request)
    if outcome is Outcome.NOT_EVALUATED:
        assert found is Outcome.FAIL, "what cannot be evaluated is refused"
    else:
        assert (found, said) == (outcome, messages)


def test_a_violation_weighs_what_the_rule_weighs():
    made, _ = objects(ruling(["false"], weight="info"))
    ((verdict,),) = judge_inline([policy_of(made)], [Request(object=deployment(OURS))], Shared())
    assert [one.severity for one in verdict.violations] == [Severity.INFO]


@pytest.mark.parametrize(
    ("expression", "reason", "what"),
    [
        ("math.greatest(object.spec.a, 1) == 1", "unknown", "math"),
        ("cel.bind(x, object.spec.a, x == 1)", "unknown", "cel"),
        ("base64.encode(b'a') == object.spec.a", "unknown", "base64"),
        ("secrets.found(object.spec.a).size() == 0", "unknown", "secrets"),
        ("object.spec.a in ['a', 1]", "refused", "expected type 'string' but found 'int'"),
        ("quantity('1').sign() == 1", "unknown", "sign"),
        (
            "'%s'.format(['a', object.spec.a]) == 'a'",
            "refused",
            "too many arguments supplied to string.format (expected 1, got 2)",
        ),
        ("object.spec.paused", "refused", "must evaluate to bool but got dyn"),
        ("object" + ".?a.optMap(x, x)" * 30 + ".hasValue()", "long", ""),
    ],
)
def test_what_the_api_server_would_refuse_stays_behind(expression, reason, what):
    made, left = objects(ruling([expression]))
    assert not made
    ((rule, why, about),) = [(one.rule, one.reason, one.what) for one in left]
    assert (rule, why) == ("one", reason)
    assert about.startswith(what)
    assert LEFT[reason].format(what=what)


def test_a_new_policy_knows_what_the_version_before_knew():
    one = ruling(["object.spec.a.sort().size() == 1"])
    assert objects(one)[0]
    assert objects(one, environment={**PROD, "kubernetes": "1.35"})[0]
    made, (left,) = objects(one, environment={**PROD, "kubernetes": "1.34"})
    assert not made
    assert (left.reason, left.what) == ("unknown", "sort")


def test_admission_policies_that_no_cluster_takes_stay_behind():
    spec = {"matchConstraints": {}, "validations": [{"expression": "params.most > 1"}]}
    document = {
        "apiVersion": "v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": spec,
    }
    policy = Policy("p", Language.ADMISSION, (document,), "p")
    made, (left,) = objects(Ruling(policy, "object", Weight("deny", None)))
    assert not made
    assert (left.reason, left.what) == ("unknown", "params")
