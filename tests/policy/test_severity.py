"""Rules of the catalog override severities; what could not be read stays as heavy as it is."""

from __future__ import annotations

import pytest

from bot.catalog.entity import Entity
from bot.model.plan import Finding, Severity
from bot.model.rules import LOCKED
from bot.policy.severity import apply_severities

FOUND = (
    Finding("reference-unknown", Severity.DENY, "a.yaml", 1, 1, {"found": "x"}),
    Finding("user-groups", Severity.WARN, "a.yaml", 2, 1),
    Finding("yaml-syntax", Severity.DENY, "b.yaml", 3, 1),
)


def rule(name: str, severity: object, version: str = "roadcrew.dev/v1") -> Entity:
    return Entity("rules/r.yaml", version, "Rule", "default", name, metadata={}, spec={"severity": severity})


def weights(*rules: Entity) -> list[tuple[str, str]]:
    return [(one.rule, one.severity.value) for one in apply_severities(FOUND, rules)]


AS_IT_WAS = [("reference-unknown", "deny"), ("user-groups", "warn"), ("yaml-syntax", "deny")]


def test_without_rules_nothing_changes() -> None:
    assert apply_severities(FOUND, ()) == FOUND


def test_a_rule_changes_the_severity_and_nothing_else() -> None:
    (first, *_) = apply_severities(FOUND, [rule("reference-unknown", "info")])
    assert first == Finding("reference-unknown", Severity.INFO, "a.yaml", 1, 1, {"found": "x"})


def test_off_leaves_the_findings_out() -> None:
    assert weights(rule("user-groups", "off")) == [AS_IT_WAS[0], AS_IT_WAS[2]]


def test_a_rule_may_be_made_heavier() -> None:
    assert weights(rule("user-groups", "deny"))[1] == ("user-groups", "deny")


@pytest.mark.parametrize("name", sorted(LOCKED))
@pytest.mark.parametrize("severity", ["off", "warn", "info"])
def test_promise_6_what_could_not_be_read_safely_always_denies(name: str, severity: str) -> None:
    found = (Finding(name, Severity.DENY, "a.yaml"),)
    assert apply_severities(found, [rule(name, severity)]) == found


@pytest.mark.parametrize("severity", ["never", None, 1, ["off"], ""])
def test_a_malformed_rule_changes_nothing(severity: object) -> None:
    assert weights(rule("user-groups", severity)) == AS_IT_WAS


def test_someone_elses_kind_of_the_same_name_changes_nothing() -> None:
    assert weights(rule("user-groups", "off", "acme.example/v1")) == AS_IT_WAS


def test_the_first_of_two_rules_holds() -> None:
    assert weights(rule("user-groups", "off"), rule("user-groups", "deny")) == [AS_IT_WAS[0], AS_IT_WAS[2]]
