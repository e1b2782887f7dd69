"""conftest's conventions, with an engine that says what it is told to."""

import pytest

from bot.model.plan import Severity
from bot.policy.rego.conventions import bare, severity_of
from bot.policy.rego.engine import NO_ENGINE, Answer, NoEngine
from bot.policy.rego.judging import judge_rego
from bot.policy.rego.load import rego_policies
from bot.policy.verdict import Outcome, Request, Shared

V1 = b"package main\ndeny contains msg if { msg := input.a }\nwarn_b contains msg if { msg := input.b }\n"


class Told:
    """An engine with prepared values by query; it remembers what it was asked."""

    name = "told 1"

    def __init__(self, reason="", **values):
        self.values, self.reason, self.asked = values, reason, []

    def evaluate(self, modules, questions, data, now):
        self.asked += questions
        if self.reason:
            return [Answer(reason=self.reason)] * len(questions)
        rows = [[self.values.get(query.rpartition(".")[2]) for query in one.queries] for one in questions]
        return [Answer(tuple(() if value is None else (value,) for value in row)) for row in rows]

    def check(self, modules):
        return []


def judge(engine, text=V1, request=None):
    (policy,), _ = rego_policies({"a.rego": text})
    (verdict,) = judge_rego(engine, policy, [request or Request({})], Shared())
    return verdict


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ("deny", Severity.DENY),
        ("violation_a_B2", Severity.DENY),
        ("warn", Severity.WARN),
        ("denylist", None),
        ("deny_", None),
        ("violations", None),
        ("warn_a-b", None),
    ],
)
def test_which_rules_judge(rule, severity):
    assert severity_of(rule) == severity


def test_an_exception_names_rules_without_their_prefix():
    assert [bare(rule) for rule in ("deny", "warn", "violation_a_b", "warn_x")] == ["", "", "a_b", "x"]


def test_texts_and_objects_are_results():
    engine = Told(deny=["a", {"msg": "b", "x": 1, "_loc": {"file": "f", "line": 3}}], warn_b=["c"])
    found = judge(engine)
    assert found.outcome == Outcome.FAIL
    assert [(one.message, one.rule, one.severity) for one in found.violations] == [
        ("a", "deny", Severity.DENY),
        ("b", "deny", Severity.DENY),
        ("c", "warn_b", Severity.WARN),
    ]
    assert found.violations[1].metadata == {"x": 1}
    assert found.violations[1].location == {"file": "f", "line": 3}
    assert found.engine == "told 1"


@pytest.mark.parametrize("value", [[{"x": 1}], [{"msg": 1}], [1], [None]])
def test_other_results_are_faults_and_no_pass(value):
    found = judge(Told(deny=value, warn_b=[]))
    assert found.outcome == Outcome.NOT_EVALUATED
    assert "deny gives" in found.reason


def successes(found):
    return found.checks - len(found.violations) - len(found.exempted)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"deny": [], "warn_b": []}, 2),
        ({"deny": ["a"], "warn_b": []}, 1),
        ({"deny": ["a", "b", "c"], "warn_b": []}, 1),
        ({"deny": ["a"], "warn_b": ["b"]}, 0),
        ({"deny": [""], "warn_b": ["b"]}, 1),
        ({"deny": True, "warn_b": []}, 2),
        ({"deny": {"a": "b"}, "warn_b": []}, 2),
        ({}, 2),
        ({"deny": ["a"], "warn_b": ["b"], "exception": [["", "b"], ["b"]]}, 0),
    ],
)
def test_successes_are_counted_as_conftest_does(values, count):
    assert successes(judge(Told(**values))) == count


def test_an_exception_drops_a_rules_results_and_is_counted():
    found = judge(Told(deny=["a", "b"], warn_b=["c"], exception=[[""]]))
    assert [one.message for one in found.violations] == ["c"]
    assert [one.message for one in found.exempted] == ['data.main.exception[_][_] == ""']
    assert judge(Told(deny=["a"], warn_b=["c"], exception=[["", "b"]])).outcome == Outcome.EXCEPTED


def test_what_cannot_be_evaluated_says_why():
    assert judge(NoEngine()).outcome == Outcome.NOT_EVALUATED
    assert judge(NoEngine()).reason == NO_ENGINE
    assert judge(Told(reason="it does not compile")).reason == "it does not compile"


@pytest.mark.parametrize(
    "call", ["http.send({})", "opa.runtime()", 'net.lookup_ip_addr("a")', 'parse_config("a", "b")']
)
def test_what_reaches_out_is_never_asked(call):
    engine = Told(deny=[])
    found = judge(engine, f"package main\ndeny contains 1 if {call}".encode())
    assert found.outcome == Outcome.NOT_EVALUATED
    assert call.partition("(")[0] in found.reason
    assert not engine.asked


def test_a_trap_is_not_evaluated_as_conftest_does_not_load_it():
    found = judge(Told(), b"package main\ndeny[msg] if { msg := 1 }")
    assert found.outcome == Outcome.NOT_EVALUATED
    _, problems = rego_policies({"a.rego": b"package main\ndeny[msg] if { msg := 1 }"})
    assert [(one.path, one.line, one.is_error) for one in problems] == [("a.rego", 2, True)]


def test_a_rule_without_a_message_is_told_of():
    _, problems = rego_policies({"a.rego": b"package main\n\ndeny if input.a"})
    assert [(one.line, one.is_error) for one in problems] == [(3, False)]


def test_what_data_says_of_the_file():
    engine = Told()
    judge(engine, request=Request({}, path="apps/shop/a.yaml"))
    judge(engine, request=Request({}, path="a.yaml", more={"file": {"name": "a.yaml", "dir": "/here"}}))
    assert [one.file for one in engine.asked] == [
        {"name": "a.yaml", "dir": "/apps/shop"},
        {"name": "a.yaml", "dir": "/here"},
    ]


FILES = {
    "a.rego": b"package main\nimport data.lib\ndeny contains 1 if lib.x",
    "b.rego": b"package lib\nx := 1",
    "c.rego": b"package other\nwarn contains 1",
    "d.rego": b"\xff",
    "e.rego": b"x := 1",
}


def test_a_policy_for_each_namespace():
    policies, problems = rego_policies(FILES, None)
    assert [one.name for one in policies] == ["lib", "main", "other"]
    assert [one["path"] for one in policies[1].documents] == ["a.rego", "b.rego"]
    assert [one.name for one in rego_policies(FILES)[0]] == ["main"]
    assert [one.name for one in rego_policies(FILES, ["other", "nope"])[0]] == ["other"]
    assert {(one.path, one.message) for one in problems} == {
        ("d.rego", "it is not UTF-8"),
        ("e.rego", "package expected"),
    }


def test_a_policys_digest_moves_with_what_it_needs_only():
    def digests(**changed):
        policies, _ = rego_policies(FILES | {f"{name}.rego": data for name, data in changed.items()}, None)
        return {one.name: one.digest for one in policies}

    before = digests()
    assert digests() == before
    assert {name for name, one in digests(b=b"package lib\nx := 2").items() if one != before[name]} == {
        "lib",
        "main",
    }
    assert {
        name for name, one in digests(c=b"package other\nwarn contains 2").items() if one != before[name]
    } == {"other"}
