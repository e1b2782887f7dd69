"""Rego on real engines: the user's opa, which is the definition, and the embedded engine, which must never differ."""

import os
import signal
import stat
import time

import pytest

from bot.adapters.opa import find_opa
from bot.adapters.rego_embedded import find_embedded
from bot.policy.rego.engine import Module, Question
from bot.policy.rego.judging import judge_rego
from bot.policy.rego.load import rego_policies
from bot.policy.rego.suites import State, run_tests
from bot.policy.verdict import Outcome, Request, Shared

ENGINES = [pytest.param("opa", marks=pytest.mark.opa), "embedded"]


@pytest.fixture(scope="module")
def opa():
    return find_opa(seconds=20) or pytest.skip("needs opa on PATH")


@pytest.fixture(scope="module")
def embedded():
    found = find_embedded(seconds=20) or pytest.skip("needs the extra rego")
    yield found
    found.close()


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return request.getfixturevalue(request.param)


def judge(engine, text, *objects, path="a.yaml", data=None, now="", version="auto"):
    files = {"a.rego": text} if isinstance(text, str) else text
    policies, _ = rego_policies({name: one.encode() for name, one in files.items()}, version=version)
    requests = [Request(one, path=path) for one in objects]
    return judge_rego(engine, policies[0], requests, Shared(data=data or {}, now=now))


def messages(verdict):
    assert not verdict.reason
    return [one.message for one in verdict.violations]


def test_one_question_after_another_sees_its_own_input(engine):
    text = "package main\ndeny[msg] { msg := sprintf(`%v`, [input.a]) }"
    found = judge(engine, text, *({"a": number} for number in range(50)))
    assert [messages(one) for one in found] == [[str(number)] for number in range(50)]
    assert {one.engine for one in found} == {engine.name}


def test_v0_and_v1_together(engine):
    files = {
        "old.rego": "package main\ndeny[msg] { msg := old }\nold = `old`",
        "new.rego": "package main\nimport data.lib\ndeny contains lib.new if input.a",
        "lib.rego": "package lib\nimport rego.v1\nnew := `new` if true",
    }
    (found,) = judge(engine, files, {"a": 1})
    assert sorted(messages(found)) == ["new", "old"]


def test_data_and_the_files_name_and_the_clock(engine):
    text = """package main
deny contains data.conftest.file.name if data.limits.cpu == 2
deny contains data.conftest.file.dir
deny contains sprintf("%d", [time.now_ns()])"""
    (found,) = judge(
        engine, text, {}, path="apps/a.yaml", data={"limits": {"cpu": 2}}, now="2026-01-01T00:00:00Z"
    )
    assert sorted(messages(found)) == ["/apps", "1767225600000000000", "a.yaml"]


def test_exceptions_and_counts(engine):
    text = """package main
deny_a contains "a" if input.a
deny_b contains "b" if input.b
warn contains {"msg": "c", "more": 1}
exception contains rules if { input.excused; rules := ["a"] }"""
    plain, excused = judge(engine, text, {"a": 1, "b": 0}, {"a": 1, "excused": 1})
    assert messages(plain) == ["a", "b", "c"]
    assert (messages(excused), excused.checks) == (["c"], 3)
    assert [one.message for one in excused.exempted] == ['data.main.exception[_][_] == "a"']


NEGATIONS = [
    'not startswith(input.image, "a")',
    'p := input.p[_]; not startswith(lower(p.image), "a")',
    "p := input.p[_]; not p.q > 5",
    "p := input.p[_]; not p.q == 5",
    "p := input.p[_]; not p.q",
    'p := input.p[_]; not lower(p.q) == "a"',
    "p := input.p[_]; not allowed[p.q]",
    "p := input.p[_]; not p.q + 1 == 2",
    "p := input.p[_]; not [p.q] == [1]",
    'p := input.p[_]; not {"a": p.q}',
    "not never(5) == 1",
    "not never(5)",
    'not startswith(input.nope, "a") with input as {"k": 1}',
    'count({1 | not startswith(input.nope, "a")}) == 0',
    "not count([x | x := input.p[_]; not f(x.q)]) == 0",
    "not f(input.p[_].q)",
    "not -1 == input.one",
    "not f(\n  input.p[0].q,\n)",
]


@pytest.mark.opa
@pytest.mark.parametrize("body", NEGATIONS)
@pytest.mark.parametrize("value", [{"p": [{}]}, {"p": [{"q": 1, "image": "b"}], "image": "b", "one": -1}])
def test_negations_mean_what_opa_says(opa, embedded, body, value):
    text = f"package a\nallowed = {{1}}\nnever(x) = y {{ x == 9; y := 1 }}\nf(x) {{ true }}\nx {{ {body} }}"
    modules, asked = [Module("a.rego", text, "v0")], [Question(("data.a.x",), value)]
    (said,), (expected,) = embedded.evaluate(modules, asked, {}, ""), opa.evaluate(modules, asked, {}, "")
    # A function that refuses its arguments is an error to the one and undefined to the other.
    assert said.reason or said == expected
    assert said.reason or not expected.reason
    assert not said.reason or "lower" in said.reason or "unsafe" in said.reason


SAME = {
    "a set of what it holds": "s[z] { z := input.l[_] }\nx[y] { y = s[y] }",
    "a set without a body": "p = input { input.nope }\nx = y { y := [a, b] }\na[p.l[_]]\nb[input.l[_]]",
    "composites in texts": 'x = y { y := sprintf("%v %v %v", [{{"a": 1}}, set(), {"k": [null]}]) }',
    "verbs that do not fit": 'x = y { y := sprintf("%d %s", ["a", 1]) }',
    "too few values": 'x = y { y := sprintf("%s %s", ["a"]) }',
    "a bracket after a line": "x { input.one\n  (input.one + 1) == 2 }",
    "functions of v0": 'x { any([false, true]); all([true]); re_match("^a", "ab") }',
    "hashes": 'x = y { y := [crypto.sha256("a"), crypto.md5("a")] }',
    "walk": "x = y { y := [p | walk(input, [p, v]); v == 1] }",
    "object functions": 'x = y { y := [object.get(input, "no", 1), object.union({"a": 1}, {"b": 2})] }',
    "numbers": 'x = y { y := [to_number("1.5"), units.parse_bytes("1Gi"), round(2.5), 7 % 3] }',
    "regex": 'x = y { y := [regex.match("^[a-z]+$", "ab"), regex.split("-", "a-b"), split("a/b", "/")] }',
}


@pytest.mark.opa
@pytest.mark.parametrize("name", SAME)
def test_both_engines_say_the_same_of(name, opa, embedded):
    modules = [Module("a.rego", f"package a\n{SAME[name]}", "v0")]
    asked = [Question(("data.a.x",), {"one": 1, "l": [3, 5]})]
    (said,) = opa.evaluate(modules, asked, {}, "")
    assert said.values[0]
    assert embedded.evaluate(modules, asked, {}, "") == [said]


def test_what_breaks_one_question_costs_that_question(engine):
    text = "package main\nx := 1 if input.a\nx := 2 if input.b\ndeny contains `m` if x == 1"
    found = judge(engine, text, *({"a": True, "b": number == 7} for number in range(20)), version="v1")
    (broken,) = (number for number, one in enumerate(found) if one.outcome == Outcome.NOT_EVALUATED)
    # In Rego `false` lets a rule pass by, so only one input gives x two values.
    assert broken == 7
    assert "conflict" in found[7].reason
    assert {one.outcome for number, one in enumerate(found) if number != 7} == {Outcome.FAIL}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("package main\ndeny contains 1 if nope(input)", "nope"),
        (
            "package main\ndeny contains 1 if { input.never; nope(input) }",
            "calls nope, which this engine does not have (a.rego)",
        ),
        ("package main\ndeny contains if {", "a.rego:2"),
        ("package main\ndeny contains f(1)\nf(x) := f(x)", ""),
        ('package main\ndeny contains "m" if rego.parse_module("a", input)', ""),
        ('package main\ndeny contains "m" if io.jwt.decode(input.x)[0].a', ""),
    ],
)
def test_what_cannot_be_evaluated_is_no_pass(embedded, text, said):
    (found,) = judge(embedded, text, {"x": 1})
    assert found.outcome == Outcome.NOT_EVALUATED
    assert said in found.reason


def test_what_does_not_compile_has_a_place(engine):
    files = {"a.rego": b"package main\n\ndeny contains {\n", "b.rego": b"package b\nx := 1"}
    _, problems = rego_policies(files, None, engine=engine)
    assert {one.path for one in problems} == {"a.rego"}
    assert problems[0].line >= 3
    _, problems = rego_policies({"b.rego": b"package b\nx := 1"}, None, engine=engine)
    assert not problems


@pytest.mark.opa
def test_opa_finds_what_is_undefined(opa):
    _, problems = rego_policies({"a.rego": b"package main\ndeny contains nope(1)"}, engine=opa)
    assert [(one.path, one.line, one.message) for one in problems] == [
        ("a.rego", 2, "undefined function nope")
    ]


TESTS = b"""package main
import rego.v1
deny contains "no" if input.a == 1
test_good if count(deny) == 1 with input as {"a": 1}
test_bad if count(deny) == 1 with input as {"a": 2}
test_false := false
test_broken := x
x := 1
x := 2 if true
todo_test_later if false
"""


def test_the_tests_of_rego_files(engine):
    found = run_tests(engine, {"a_test.rego": TESTS})
    assert [(one.name, one.state, one.line) for one in found] == [
        ("test_good", State.PASSED, 4),
        ("test_bad", State.FAILED, 5),
        ("test_false", State.FAILED, 6),
        ("test_broken", State.ERROR, 7),
        ("todo_test_later", State.SKIPPED, 10),
    ]
    assert {one.package for one in found} == {"main"}


NUMBERS = "some i in numbers.range(1, 9000000); some j in numbers.range(1, 9000000)"
TEXTS = (
    "x := concat(``, [`0123456789` | some i in numbers.range(1, 100000)]); "
    "count([y | some j in numbers.range(1, 100000); y := concat(x, [`a`, sprintf(`%d`, [j])])]) == 1"
)
HOSTILE = {
    "endless": f"deny contains `a` if {{ input.bad; {NUMBERS}; i * j == -1 }}",
    "explosive": f"deny contains `a` if {{ input.bad; {TEXTS} }}",
}
"""Whether time or memory ends first depends on the machine."""


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("which", ENGINES)
def test_a_hostile_rule_costs_its_own_verdict(name, which, request):
    request.getfixturevalue(which)
    engine = find_opa(seconds=5) if which == "opa" else find_embedded(seconds=5)
    text = HOSTILE[name]
    start = time.monotonic()
    bad, good = judge(
        engine, f"package main\ndeny contains `b` if input.good\n{text}", {"bad": 1}, {"good": 1}
    )
    assert time.monotonic() - start < 60
    assert bad.outcome == Outcome.NOT_EVALUATED
    assert bad.reason.startswith("stopped: ")
    assert messages(good) == ["b"]
    if which == "embedded":
        engine.close()


def test_a_rule_that_breaks_the_engine_costs_its_own_verdict(embedded):
    # Without opa's check the embedded engine follows it until its stack ends.
    text = "package main\nf(x) := f(x + 1)\ndeny contains `a` if { input.bad; f(1) }\ndeny contains `b` if input.good"
    bad, good = judge(embedded, text, {"bad": 1}, {"good": 1})
    assert bad.outcome == Outcome.NOT_EVALUATED
    assert "recurses" in bad.reason
    assert messages(good) == ["b"]


def test_a_child_that_was_killed_is_replaced(embedded):
    text = "package main\ndeny contains `b` if input.good"
    judge(embedded, text, {"good": 1})
    os.kill(embedded._child.process.pid, signal.SIGKILL)
    embedded._child.process.wait()
    assert messages(judge(embedded, text, {"good": 1})[0]) == ["b"]


@pytest.mark.opa
def test_opa_sees_no_environment_and_no_network(tmp_path, monkeypatch, opa):
    """An opa of our own says what it was given."""
    monkeypatch.setenv("ROADCREW_SECRET_OF_THIS_TEST", "x")
    log = tmp_path / "log"
    program = tmp_path / "opa"
    program.write_text(
        f'#!/bin/sh\nenv >> {log}\necho "$@" >> {log}\ncase "$1" in\n'
        'version) echo "Version: 1.0.0";;\ncapabilities) echo \'{"builtins": [{"name": "http.send"}, {"name": "plus"}]}\';;\n'
        f'*) cat "$7" >> {log}; echo "{{}}";;\nesac\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    found = judge(find_opa(str(program)), "package main\ndeny contains 1", {})
    said = log.read_text()
    assert "ROADCREW_SECRET" not in said
    assert '"name": "plus"' in said
    assert "http.send" not in said
    assert found[0].outcome == Outcome.NOT_EVALUATED


@pytest.mark.parametrize("version", ["0.63.0", "", "x.y"])
def test_an_opa_that_cannot_be_used_is_none(tmp_path, version):
    program = tmp_path / "opa"
    program.write_text(f"#!/bin/sh\necho 'Version: {version}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert find_opa(str(program)) is None
    assert find_opa(str(tmp_path / "nope")) is None
