"""The OpenReports Report: what its schema wants, and what a dashboard counts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import jsonschema_rs
import pytest

from bot.catalog.entity import Entity
from bot.model.plan import Severity
from bot.policy.requests import Case
from bot.policy.rules.faults import Fault
from bot.policy.rules.ruleset import Ruling
from bot.policy.verdict import Language, Policy, Request, Violation
from bot.policy.waivers import Waiver
from bot.report.openreports import openreport

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "cart", "namespace": "shop"},
}
CASE = Case(
    Request(object=DEPLOYMENT),
    "d",
    "component:default/cart",
    path="a.yaml",
    environment="prod",
    owner="group:default/shop",
)
RULING = Ruling(
    Policy("image-digest", Language.CEL, (), ""), "object", fix="Mend it.", link="https://example.org"
)
ENTITY = Entity("catalog/waivers/w.yaml", "", "Waiver", "default", "w", {}, {})
WAIVER = Waiver("w", ("image-digest",), (), (), (), "moving", "group:default/shop", date(2026, 12, 1), ENTITY)
SCHEMA = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "source", "summary", "results"],
    "properties": {
        "apiVersion": {"const": "openreports.io/v1alpha1"},
        "kind": {"const": "Report"},
        "summary": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["policy"],
                "additionalProperties": False,
                "properties": {
                    **{name: {"type": "string"} for name in ("source", "policy", "rule", "category", "message")},
                    "severity": {"enum": ["critical", "high", "low", "medium", "info"]},
                    "result": {"enum": ["pass", "fail", "warn", "error", "skip"]},
                    "scored": {"type": "boolean"},
                    "properties": {"type": "object", "additionalProperties": {"type": "string"}},
                    "timestamp": {"type": "object", "required": ["seconds", "nanos"], "properties": {"seconds": {"type": "integer"}, "nanos": {"type": "integer"}}},
                    "resources": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
                },
            },
        },
    },
}  # fmt: skip
"""The parts of the custom resource's own schema that we write."""


def fault(severity=Severity.DENY, **more):
    return Fault(
        "image-digest", RULING, CASE, severity, Violation("no digest", rule="validations[0]"), **more
    )


def test_nothing_wrong_is_a_report_too():
    found = openreport([], 7, NOW)
    assert found["summary"] == {"pass": 7, "fail": 0, "warn": 0, "error": 0, "skip": 0}
    assert found["results"] == []


@pytest.mark.parametrize(
    ("one", "result", "severity"),
    [
        (fault(), "fail", "high"),
        (fault(Severity.WARN), "warn", "medium"),
        (fault(Severity.INFO), "warn", "info"),
        (fault(reason="it was stopped"), "error", "high"),
        (fault(waiver=WAIVER), "skip", "high"),
    ],
)
def test_each_outcome_has_its_word(one, result, severity):
    found = openreport([one], 0, NOW)
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(found)
    (said,) = found["results"]
    assert (said["result"], said["severity"]) == (result, severity)
    assert found["summary"][result] == 1


def test_a_result_says_what_where_and_how_to_mend_it():
    (said,) = openreport([fault()], 0, NOW)["results"]
    assert said["resources"] == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "cart"}
    ]
    assert (said["policy"], said["rule"], said["message"]) == ("image-digest", "validations[0]", "no digest")
    assert said["properties"] == {
        "path": "a.yaml",
        "entity": "component:default/cart",
        "environment": "prod",
        "owner": "group:default/shop",
        "fix": "Mend it.",
        "link": "https://example.org",
    }


def test_a_waiver_says_for_how_long():
    (said,) = openreport([fault(waiver=WAIVER)], 0, NOW)["results"]
    wanted = {"waiver": "w", "expires": "2026-12-01", "daysLeft": "10", "reason": "moving"}
    assert {key: said["properties"][key] for key in wanted} == wanted


def test_what_failed_comes_first_and_passes_are_only_counted():
    found = openreport([fault(waiver=WAIVER), fault(Severity.WARN), fault()], 3, NOW)
    assert [one["result"] for one in found["results"]] == ["fail", "warn", "skip"]
    assert found["configuration"]["limits"] == {
        "maxResults": 3,
        "statusFilter": ["fail", "warn", "error", "skip"],
    }


def test_an_entity_and_a_file_are_subjects_too():
    entity = {"apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": {"name": "a"}}
    about = Case(Request(more={"entity": entity}), "", "api:default/a", path="a.yaml")
    file = Case(Request(more={"file": {"path": "b.yaml"}}), "", "b.yaml", path="b.yaml")
    said = openreport(
        [Fault("r", RULING, one, Severity.WARN, Violation("x")) for one in (about, file)], 0, NOW
    )["results"]
    assert [one["resources"] for one in said] == [
        [{"apiVersion": "backstage.io/v1alpha1", "kind": "API", "name": "a"}],
        [{"name": "b.yaml"}],
    ]
