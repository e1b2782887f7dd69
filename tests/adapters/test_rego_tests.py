"""Rego's tests on both engines: names, numbers and verdicts are those that `opa test` 1.22 gives."""

import pytest

from bot.adapters.opa import find_opa
from bot.adapters.rego_embedded import find_embedded
from bot.policy.rego.judging import judge_rego
from bot.policy.rego.load import rego_policies
from bot.policy.rego.suites import judge_tests, request_of, run_tests, suites
from bot.policy.verdict import Outcome, Request, Shared

ENGINES = [pytest.param("opa", marks=pytest.mark.opa), "embedded"]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    if request.param == "opa":
        yield find_opa(seconds=20) or pytest.skip("needs opa on PATH")
        return
    found = find_embedded(seconds=20) or pytest.skip("needs the extra rego")
    yield found
    found.close()


NEW = """package t
import rego.v1
test_a.b := true
test_c["x"] := true if true
test_e.a["b"] := true
test_f["x"] := false
test_g[x].z if { some x in [1, 2]; x == 1 }
test_h.p[x].z if { some x in ["1"]; x == "2" }
test_i[tc.note] if {
	some tc in [{"note": "one", "n": 1}, {"note": "two", "n": 2}]
	tc.n == 1
}
test_l[x] if { cases[x]; x == 1 }
cases := {1, 2}
test_m[x] if { x == 1; some y in [1]; x = y }
test_none[x] if { some x in [] }
test_o[x] if { some x; cases[x]; x < 3 }
default test_d := false
test_d if true
test_p if true
test_p if { false }
test_q if { true } { false }
foo["test_r s"] if 1 == 1
foo["test_r s"] if 1 == 1
test_s contains 1 if true
test_u[x] := 5 if { some x in [1] }
test_v[x] := null if { some x in [1] }
todo_test_w if false
todo_test_w if true
"""
OLD = """package t0
test_a[x] { x := [1, 2][_]; x == 1 }
test_b { false } { true }
test_c["x"] = true { true }
test_d[x] = y { x := [1, 2][_]; y := x == 1 }
test_f = true
test_f = false { false }
"""
SAID_NEW = {
    "passed": "foo.test_r s|foo.test_r s#01|test_a|test_d#01|test_m|test_none|test_o|test_p|test_q|test_v",
    "failed": "test_c|test_d|test_e|test_f|test_g|test_h|test_i|test_l|test_p#01|test_q#01|test_s|test_u",
    "skipped": "todo_test_w|todo_test_w",
}
SAID_NEW = {state: listed.split("|") for state, listed in SAID_NEW.items()}
SAID_OLD = {
    "passed": ["test_b#01", "test_c", "test_f"],
    "failed": ["test_a", "test_b", "test_d", "test_f#01"],
}


def names(tested):
    found = {}
    for one in tested:
        name = one.name.replace('["', ".").replace('"]', "")
        found.setdefault(str(one.state), []).append(name)
    return {state: sorted(listed) for state, listed in found.items()}


def told(tested):
    return {one.name: one.message for one in tested}


@pytest.mark.parametrize(("text", "expected"), [(NEW, SAID_NEW), (OLD, SAID_OLD)], ids=["v1", "v0"])
def test_a_rule_is_a_test_and_a_test_may_have_cases(engine, text, expected):
    tested = run_tests(engine, {"t_test.rego": text.encode()})
    assert names(tested) == expected, told(tested)


def test_the_cases_that_fail_are_named(engine):
    tested = told(run_tests(engine, {"t_test.rego": NEW.encode()}))
    assert tested["test_g"] == "it fails for 2/z"
    assert tested["test_i"] == "it fails for two"
    assert tested["test_p"] == ""


def test_names_are_counted_over_the_files_of_a_package(engine):
    one, two = (f"package t\nimport rego.v1\ntest_a if {what}" for what in ("true", "false"))
    tested = run_tests(engine, {"a_test.rego": one.encode(), "b_test.rego": two.encode()})
    assert [(one.name, str(one.state), one.path) for one in tested] == [
        ("test_a", "passed", "a_test.rego"),
        ("test_a#01", "failed", "b_test.rego"),
    ]


def test_a_function_is_no_test_and_harms_no_other(engine):
    text = "package t\nimport rego.v1\ntest_a(x) if x\ntest_b if true"
    tested = run_tests(engine, {"a_test.rego": text.encode()})
    assert names(tested) == {"error": ["test_a"], "passed": ["test_b"]}


def test_a_review_counts_them_likewise(engine):
    (suite,), _ = suites({"t_test.rego": NEW.encode()})
    due = [one for one in suite.tests if one.is_due]
    found = judge_tests(engine, suite.policy, [request_of(one) for one in due], Shared())
    failed = [one.name for one, said in zip(due, found, strict=True) if said.outcome is Outcome.FAIL]
    assert sorted(failed) == SAID_NEW["failed"]
    assert len(due) == len(SAID_NEW["failed"] + SAID_NEW["passed"])


REACHING = """package main
import rego.v1
deny contains "bad" if { http.send({"method": "GET", "url": "https://127.0.0.1:1"}).status_code != 200 }
deny contains opa.runtime().env.HOME if input.home
lines := parse_config("hcl2", input.text)
mock(_) := {"status_code": 500}
test_function if { deny == {"bad"} with http.send as mock }
test_value if { deny == {"bad"} with http.send as {"status_code": 404} }
test_plain if { 1 == 1 }
test_real if { count(deny) == 0 }
test_runtime if { deny with input as {"home": 1} with http.send as mock }
test_parsed if { lines with input as {"text": ""} }
"""


def test_what_reaches_out_may_be_replaced_and_is_never_called(engine):
    tested = run_tests(engine, {"m.rego": REACHING.encode()})
    assert names(tested) == {
        "error": ["test_parsed", "test_real", "test_runtime"],
        "passed": ["test_function", "test_plain", "test_value"],
    }
    said = told(tested)
    assert said["test_real"].startswith("it calls http.send, which reaches out to the network")
    assert said["test_runtime"].startswith("it calls opa.runtime, which reads the environment")
    assert said["test_parsed"].startswith("it calls parse_config, which is conftest's own")


def test_a_set_of_what_is_not_there_is_empty(engine):
    text = """package lib
import rego.v1
volumes contains input.pod.volumes[_]
test_none if count(volumes) == 0 with input as {"pod": false}
test_one if volumes == {1} with input as {"pod": {"volumes": [1]}}
test_minus if minus(3, 1) == 2
test_call if contains(input.a, "b") with input as {"a": "abc"}
test_call_more if not contains(input.a, "d") with input as {"a": "abc"}
called contains "x" if contains(input.a, "b")
test_called if called == {"x"} with input as {"a": "abc"}
"""
    assert names(run_tests(engine, {"m.rego": text.encode()})) == {
        "passed": ["test_call", "test_call_more", "test_called", "test_minus", "test_none", "test_one"]
    }


LIBRARY = {
    "a_test.rego": "package lib.b\nimport rego.v1\ntest_z if { z == 2 with input as {} }\n",
    "b.rego": "package lib.b\nimport rego.v1\nz := 2\n",
    "c.rego": "package lib.b\nimport rego.v1\nimport data.lib.a\np contains x if { x = a.r }\nq := a.r.h\n",
    "d.rego": "package lib.a\nimport rego.v1\nr := input\nfine(x) if x.h\n",
}
JUDGING = """package main
import rego.v1
import data.lib.a as core
import data.lib.b
deny contains "rule" if b.p[_].h
deny contains "value" if b.q
deny contains "function" if core.fine(core.r)
deny contains "negated" if not core.fine({"h": false})
"""


def test_libraries_of_several_files_and_tests_judge_alike(engine):
    files = {**LIBRARY, "main.rego": JUDGING}
    policies, _ = rego_policies({name: text.encode() for name, text in files.items()})
    (found,) = judge_rego(engine, policies[0], [Request({"h": True})], Shared())
    assert not found.reason
    assert sorted(one.message for one in found.violations) == ["function", "negated", "rule", "value"]
    assert all("test_z" not in one["text"] for one in policies[0].documents)
    assert [one["text"].count("\n") for one in policies[0].documents] == [
        text.count("\n") for _, text in sorted(files.items())
    ]


def test_a_package_as_a_whole_is_right_or_not_evaluated(engine):
    text = "package main\nimport rego.v1\ndeny contains name if { some name; data.lib.b[name] }\n"
    files = {**LIBRARY, "main.rego": text}
    policies, _ = rego_policies({name: text.encode() for name, text in files.items()})
    (found,) = judge_rego(engine, policies[0], [Request({"h": True})], Shared())
    if found.reason:
        assert "it looks at data.lib.b as a whole" in found.reason
    else:
        assert sorted(one.message for one in found.violations) == ["p", "q", "z"]
