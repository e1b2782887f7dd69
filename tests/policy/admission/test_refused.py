"""What no API server compiles is judged by nobody, and said. What k8s.io/apiserver 0.37.2 takes, we take."""

import pytest

from bot.policy.admission.refused import minor, refusal
from bot.policy.cel.clusters import AUTHORIZER, refused
from bot.policy.verdict import Outcome
from tests.policy.admission.shelf import judged, policy

NAMES = {**dict.fromkeys(("object", "oldObject", "request", "namespaceObject"), "dyn"), **AUTHORIZER}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("math.greatest(1, 2) == 2", "undeclared reference to 'math'"),
        ("cel.bind(x, 1, x == 1)", "undeclared reference to 'cel'"),
        ("base64.encode(b'a') == 'YQ=='", "undeclared reference to 'base64'"),
        ("object.kind in ['a', 1]", "expected type 'string' but found 'int'"),
        ("[object.kind, 'x'].size() == 2", "expected type 'dyn' but found 'string'"),
        ("{'a': 1, 'b': 'c'}.size() == 2", "expected type 'int' but found 'string'"),
        ("[['a'], [1]].size() == 2", "expected type 'list(string)' but found 'list(int)'"),
        ("[?object.?a, 1].size() == 1", "expected type 'dyn' but found 'int'"),
        ("params.most == 1", "undeclared reference to 'params'"),
        ("request.object.spec.replicas == 1", "undefined field 'object'"),
        ("request.userInfo.nick == 'a'", "undefined field 'nick'"),
        ("request['name'] == 'a'", "found no matching overload for '_[_]'"),
        ("namespaceObject.kind == 'Namespace'", "undefined field 'kind'"),
        ("quantity('1').sign() == 1", "sign"),
        ("'%s'.format(['a', 'b']) == 'a'", "too many arguments supplied to string.format"),
        ("'%s %s'.format(['a']) == 'a'", "out of range"),
        ("duration('x') == duration('1h')", "invalid duration argument"),
        ("'a'.matches('(')", "invalid matches argument"),
        ("int('x') == 1", "invalid int argument"),
        ("object.spec.paused", "must evaluate to bool but got dyn"),
        ("request.name + 1 == 2", "no matching overload"),
        ("variables.none == 1", "undefined field 'none'"),
    ],
)
def test_what_no_api_server_compiles(text, said):
    found = judged(policy(text, failurePolicy="Ignore"))
    assert (found.outcome, found.violations) == (Outcome.NOT_EVALUATED, ())
    assert found.reason.startswith("validations[0].expression: no API server compiles this: ")
    assert said in found.reason


@pytest.mark.parametrize(
    "text",
    [
        "request.dryRun",
        "[request.operation, 'x'].exists(one, one == request.kind.kind)",
        "namespaceObject.metadata.?labels.?a.orValue('') == ''",
        "has(namespaceObject.metadata.labels.team)",
        "authorizer.group('').resource('pods').check('get').allowed()",
        "authorizer.requestResource.check('get').reason() == ''",
        "object.spec.containers.sortBy(c, c.name).all(i, c, i < 3)",
        "[1, 2].exists_one(i, v, v > 1)",
        "object.labels.transformMap(k, v, v).size() > 0",
        "'%s %s'.format(['a', 1]) == 'a 1'",
        "[[], [1]].size() == 2",
        "1 < 1.5 && 1 < 1u",
        "optional.unwrap([optional.of(1)]).size() == 1",
        "format.dns1123Label().validate(object.a).hasValue()",
        "quantity(object.a).compareTo(quantity('1')) < 0 && string(ip(object.b)) == ''",
        "[duration('1h')].indexOf(duration('1h')) == 0 && [].sum() == 0",
        "type(object.a) == google.protobuf.Timestamp",
    ],
)
def test_what_api_servers_compile(text):
    assert refused(text, NAMES, {"bool"})[0] is None


def test_variables_have_the_types_of_their_expressions():
    variables = [
        {"name": "most", "expression": "size(object.a)"},
        {"name": "more", "expression": "variables.most + 1"},
    ]
    assert (
        refusal(policy("variables.more > 1 && [variables.more, 2].size() == 2", variables=variables)) is None
    )
    place, problem = refusal(policy("true && variables.more == 'a'", variables=variables))
    assert place == ("spec", "validations", 0, "expression")
    assert "no matching overload" in problem.message
    assert problem.column == 24


def test_conditions_see_no_variables_and_messages_no_authorizer():
    variables = [{"name": "a", "expression": "1"}]
    conditions = [{"name": "m", "expression": "variables.a == 1"}]
    place, _ = refusal(policy("true", variables=variables, matchConditions=conditions))
    assert place == ("spec", "matchConditions", 0, "expression")
    more = {"expression": "true", "messageExpression": "authorizer.path('/').check('get').reason()"}
    place, _ = refusal(policy(more))
    assert place == ("spec", "validations", 0, "messageExpression")


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("object.a.sortBy(x, x.b).size() == 1", 34),
        ("lists.range(3).size() == 3", 34),
        ("object.a.all(i, x, x == i)", 32),
        ("isSemver(object.a)", 33),
        ("ip(object.a).family() == 4", 30),
    ],
)
def test_each_version_knows_what_it_knows(text, since):
    assert refusal(policy(text), version=since) is None
    assert refusal(policy(text), version=since - 1) is not None


def test_a_version_that_nobody_knows_is_the_newest():
    assert (minor("1.34"), minor("v1.30.2"), minor(""), minor("1.99")) == (34, 30, 37, 37)


def test_kyvernos_policies_have_functions_of_their_own():
    assert refusal(policy("math.greatest(1, 2) == 2", kind="ValidatingPolicy")) is None
