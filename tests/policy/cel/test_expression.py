"""Compiling and evaluating: places of problems, results in plain Python, and that no error is ever a yes."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.policy.cel import CelFault, CelProblem, Unavailable, Variables, compile_expression
from bot.policy.cel.host import plain
from bot.policy.cel.values import Elsewhere

NAMES = ("object", "oldObject", "params", "authorizer", "variables", "now")


def evaluate(text, **values):
    return compile_expression(text, NAMES).evaluate(values)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("unknown", 1, 1, "undeclared reference to 'unknown'"),
        ("true &&\n  nope(1)", 2, 7, "undeclared reference to 'nope'"),
        ("object.spec.all(k, v, nope)", 1, 23, "undeclared reference to 'nope'"),
        ("object.transformMap(k, v, v) == nope", 1, 33, "undeclared reference to 'nope'"),
        ("object.transformMap(k, v, nope)", 1, 27, "undeclared reference to 'nope'"),
        ("object.exists_one(k, v, nope)", 1, 25, "undeclared reference to 'nope'"),
        ("format.uuid().validate('a').hasValue() || nope", 1, 43, "undeclared reference to 'nope'"),
        ("1 +", 1, 4, "Syntax error"),
        ("'a' + 1", 1, 5, "no matching overload"),
        ("", 1, 1, "Syntax error"),
    ],
)
def test_a_problem_is_placed_in_the_author_s_text(text, line, column, said):
    with pytest.raises(CelProblem) as found:
        compile_expression(text, NAMES)
    assert (found.value.line, found.value.column) == (line, column)
    assert said in found.value.message


def test_a_text_beyond_all_measure_is_a_problem():
    for text in ("(" * 5_000 + "1" + ")" * 5_000, "1" + " + 1" * 40_000, "\ud800", "x\0"):
        with pytest.raises(CelProblem):
            compile_expression(text, NAMES)


def test_the_same_text_is_compiled_once():
    assert compile_expression("object.a", ["object"]) is compile_expression("object.a", ("object",))
    assert compile_expression("object.a", ["object"]) is not compile_expression("object.a", ["object", "now"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("true", True),
        ("null", None),
        ("[null, {'a': [null, 1]}]", [None, {"a": [None, 1]}]),
        ("timestamp('2026-01-02T03:04:05Z')", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("duration('90s')", timedelta(seconds=90)),
        ("b'a'", b"a"),
    ],
)
def test_results_are_plain_python(text, value):
    found = evaluate(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "object.missing",
        "object.missing == 'x'",
        "object.none.x == 1",
        "1 / 0 == 1",
        "object.n.startsWith('a')",
        "object.name",
        "1",
        "null",
        "'true'",
        "optional.of(true)",
        "type(true)",
        "quantity('x').isLessThan(quantity('1'))",
        "'a'.matches('[')",
        "params.x",
        "[object.missing].all(x, x)",
    ],
)
def test_only_a_boolean_is_an_answer(text):
    with pytest.raises(CelFault) as found:
        compile_expression(text, NAMES).boolean(
            {"object": {"n": 1, "name": "a", "none": None}, "params": None}
        )
    assert found.value.reason


def test_a_fault_says_what_kubernetes_would_say():
    with pytest.raises(CelFault, match="no such key: spec"):
        evaluate("object.spec", object={})
    with pytest.raises(CelFault, match="no such overload"):
        evaluate("object + 'a'", object=1)
    with pytest.raises(CelFault, match='No value with name "object"'):
        evaluate("object")


def test_an_error_that_is_not_reached_does_no_harm():
    assert evaluate("object.missing || true", object={}) is True
    assert evaluate("false && object.missing", object={}) is False
    assert evaluate("[1, 2].exists(x, x == 2 || object.missing)", object={}) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("has(oldObject.spec)", False),
        ("has(object.none.x)", False),
        ("has(dyn(object.none).x)", False),
        ("has(object.?none.?x.y)", False),
        ("oldObject.?spec.?replicas.orValue(1)", 1),
        ("object.?none.?a.?b.?c.?d.?e.?f.?g.?h.?i.?j.orValue('deep')", "deep"),
        ("object.?list[?0].?x.orValue('empty')", "empty"),
        ("object.list.map(c, c.?x.?y.orValue(0))", [0, 7]),
        ("object.none.?x.orValue({}).?y.hasValue()", False),
        ("[object.?none.?x.orValue(2), size(object.list)]", [2, 2]),
        ("{'k': object.?n.?x.hasValue()}", {"k": False}),
    ],
)
def test_selecting_from_null_or_a_number_finds_nothing(text, value):
    known = {"none": None, "n": 1, "list": [None, {"x": {"y": 7}}]}
    assert evaluate(text, object=known, oldObject=None) == value


def test_times_enter_as_times():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert evaluate("now - duration('1h') < now && now.getFullYear() == 2026", now=now) is True
    assert evaluate("now + params == now", now=now, params=timedelta(microseconds=-1)) is False


def test_values_of_other_types_of_python_are_taken_for_what_they_are():
    known = MappingProxyType({"a": (1, MappingProxyType({"b": type("Text", (str,), {})("x")}))})
    assert evaluate("object.a[1].b == 'x' && object.a[0] == 1", object=known) is True
    with pytest.raises(CelFault):
        evaluate("object.a", object={"a": object()})


def test_nobody_is_authorized_here():
    asked = "authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()"
    with pytest.raises(Unavailable, match="no API server"):
        evaluate(asked, authorizer=None)
    with pytest.raises(Unavailable):
        compile_expression(f"!{asked}", NAMES).boolean({})
    assert evaluate(f"true || {asked}") is True


def test_paths_are_the_selections_longest_first():
    text = """has(object.spec.replicas) && object.spec.containers[0].image != params['a/b'].x // object.no
        && object.metadata.name.startsWith('object.nor.this') && c.other.x"""
    assert compile_expression(f"[1].all(c, {text})".replace("c.other.x", "true"), NAMES).paths == (
        ("object", "spec", "containers", 0, "image"),
        ("object", "metadata", "name"),
        ("object", "spec", "replicas"),
        ("params", "a/b", "x"),
    )


def variables(values, **texts):
    values["variables"] = Variables(
        [(name, compile_expression(text, NAMES)) for name, text in texts.items()], values
    )
    return values


def test_variables_see_those_before_them():
    values = variables(
        {"object": {"a": 2}}, x="object.a", y="variables.x * 2", z="variables.later", later="1"
    )
    assert compile_expression("variables.y + variables.x", NAMES).evaluate(values) == 6
    with pytest.raises(CelFault, match="no such key: later"):
        compile_expression("variables.z", NAMES).evaluate(values)
    assert dict.fromkeys(values["variables"]) == dict.fromkeys(["x", "y", "z", "later"])


def test_a_broken_variable_harms_only_who_reaches_it():
    values = variables({"object": {}}, broken="object.missing", worse="variables.broken + 1")
    assert compile_expression("false && variables.broken", NAMES).evaluate(values) is False
    for text in (
        "variables.broken == 1",
        "variables.worse == 1",
        "has(variables.broken)",
        "variables.nowhere",
    ):
        with pytest.raises(CelFault, match=r"no such key: (missing|nowhere)"):
            compile_expression(text, NAMES).boolean(values)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("variables.whole.size() == 1 || variables.broken == 2", True),
        ("variables.whole.filter(one, false).map(one, variables.broken).size() == 0", True),
        ("variables.whole.all(one, one == 1 || variables.broken == one)", True),
        ("variables.broken == 2 || variables.whole == [1]", True),
        ("variables.whole == [1] ? true : variables.broken", True),
    ],
)
def test_a_broken_variable_leaves_the_others_alone(text, value):
    values = variables({"object": {}}, whole="[1]", broken="object.missing")
    assert compile_expression(text, NAMES).boolean(values) is value


@pytest.mark.parametrize(
    "text",
    [
        "variables.?broken.orValue(1) == 1",
        'variables["broken"] == 1',
        'variables[?"broken"].orValue(1) == 1',
        "has(variables.broken.deeper)",
        "variables.broken.?deeper.orValue(2) == 2",
        "variables.whole.size() == 2 || variables.broken == 2",
        "variables.whole.all(one, variables.broken == one)",
    ],
)
def test_no_way_of_reading_a_broken_variable_answers(text):
    values = variables({"object": {}}, whole="[1]", broken="object.missing")
    with pytest.raises(CelFault, match="no such key: missing"):
        compile_expression(text, NAMES).boolean(values)


def test_a_variable_that_asks_the_authorizer_is_unavailable():
    values = variables({}, allowed="authorizer.path('/x').check('get').allowed()")
    with pytest.raises(Unavailable):
        compile_expression("variables.allowed", NAMES).boolean(values)


def test_variables_keep_what_python_cannot_hold():
    values = variables(
        {"object": {"a": {"b": 1}, "none": None}},
        maybe="object.?a.?b",
        never="object.?x",
        again="variables.maybe",
        when="timestamp('2026-01-01T00:00:00Z')",
        lasts="duration('1h')",
        tolerated="object.none.?x",
    )
    for text in (
        "variables.maybe.orValue(0) == 1 && !variables.never.hasValue()",
        "variables.again.hasValue()",
        "variables.when + variables.lasts == timestamp('2026-01-01T01:00:00Z')",
        "!variables.tolerated.hasValue()",
    ):
        assert compile_expression(text, NAMES).boolean(values) is True


def test_functions_of_one_s_own():
    known = (plain("catalog.has", "string", "bool", lambda ref: ref == "group:default/x"),)
    text = "catalog.has('group:default/x') && !catalog.has(object)"
    assert compile_expression(text, NAMES, functions=known).boolean({"object": "y"}) is True


def test_nulls_are_not_given_away():
    """The engine's own conversion of nulls makes Python 3.11 abort after some thousands of them."""
    program = """
from bot.policy.cel import compile_expression
made = compile_expression("[null, object.a, {'k': null}]", ["object"])
for _ in range(20_000):
    made.evaluate({"object": {"a": None}})
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("object.a.orValue([]).size() == 1", True),
        ("object.?a.orValue([]).size() == 1", True),
        ("object.?b.orValue([]).size() == 0", True),
        ("object.c.orValue({}).d.orValue('x') == 'e'", True),
        ("object.c.?f.orValue({}).?g.orValue('x') == object.c.d.orValue('e')", False),
    ],
)
def test_what_is_no_optional_value_is_its_own_or_value(text, expected):
    values = {"object": {"a": [1], "c": {"d": "e"}}}
    assert compile_expression(text, ("object",)).boolean(values) is expected


@pytest.mark.parametrize(
    "text", ["old.x == 1", "has(old.x)", "variables.seen == 1", "old.?x.orValue(1) == 1"]
)
def test_a_value_that_is_elsewhere_says_so_through_variables_too(text):
    values = {"object": {}, "old": Elsewhere("nobody knows it")}
    values["variables"] = Variables([("seen", compile_expression("old.x", ("old",)))], values)
    with pytest.raises(Unavailable, match="nobody knows it"):
        compile_expression(text, ("object", "old", "variables")).boolean(values)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'abc'.matches('b')", True),
        ("'abc'.matches('^b')", False),
        ("'h\u00e4'.matches('^h.$')", True),
        ("matches('abc', 'b')", True),
        ("['a', 'b'].all(one, one.matches('^[a-b]$'))", True),
    ],
)
def test_matches_is_res_partial_match(text, wanted):
    assert compile_expression(text, ["object"]).boolean({}) is wanted


@pytest.mark.parametrize("text", ["object.a.matches('b')", "'a'.matches(object.a)", "'a'.matches('[')"])
def test_what_cannot_be_matched_is_an_error_that_names_no_word_of_ours(text):
    with pytest.raises(CelFault) as caught:
        compile_expression(text, ["object"]).boolean({"object": {"a": 1}})
    assert "__" not in caught.value.reason


def test_how_deep_an_expression_may_nest_and_what_helps_beyond():
    deep = "+".join(["1"] * 40)
    with pytest.raises(CelProblem, match="recursion"):
        compile_expression(f"{deep} == 40", ["object"])
    half = "+".join(["1"] * 20)
    assert compile_expression(f"({half}) + ({half}) == 40", ["object"]).boolean({})
    assert compile_expression(" && ".join(["true"] * 400), ["object"]).boolean({})
