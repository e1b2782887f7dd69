"""The four forms of findings, each as its reader wants it."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.plan import Finding, Severity
from bot.report.formats import FORMATS
from bot.report.formats.text import LOOKED_FOR, styled_lines

FOUND = (
    Finding(
        "reference-unknown",
        Severity.DENY,
        "a/b c.yaml",
        3,
        7,
        {"field": "spec.owner", "found": "x", "ref": "r"},
    ),
    Finding("user-groups", Severity.WARN, "a/b c.yaml", 9, 1),
    Finding("yaml-size", Severity.DENY, "z.yaml", facts={"size": 2_000_000, "limit": 1_048_576}),
    Finding("substitution-unknown", Severity.INFO, "z.yaml", 1, 1, {"name": "$txt", "near": ("$text",)}),
)


def test_text_groups_by_file_and_sums_up() -> None:
    assert FORMATS["text"](FOUND, 2).splitlines() == [
        "a/b c.yaml:3:7  deny  reference-unknown",
        "    `spec.owner` is `x`, but there is no `r` in this catalog.",
        "    Fix: Add it to the catalog, or mend the name.",
        "a/b c.yaml:9:1  warn  user-groups",
        "    `spec.memberOf` is missing; Backstage's schema requires it, even when it is empty.",
        "    Fix: Add `memberOf: []`, or the groups that the user belongs to.",
        "",
        "z.yaml  deny  yaml-size",
        "    This file has 2,000,000 bytes; YAML files of more than 1,048,576 bytes are not read.",
        "    Fix: Split it, or keep the large part in a file of its own and refer to it with `$text`.",
        "z.yaml:1:1  info  substitution-unknown",
        "    `$txt` is no placeholder, so it stays as it is.",
        "    Fix: Did you mean `$text`?",
        "",
        "2 entities: 2 findings deny, 1 finding warns, 1 finding informs.",
    ]


@pytest.mark.parametrize(
    ("entities", "said"),
    [(0, LOOKED_FOR), (1, "1 entity: nothing to mend."), (1200, "1,200 entities: nothing to mend.")],
)
def test_text_without_findings_is_one_line(entities: int, said: str) -> None:
    assert FORMATS["text"]((), entities) == said


def test_styles_are_only_styles() -> None:
    lines = list(styled_lines(FOUND, 2))
    assert "\n".join("".join(text for text, _ in line) for line in lines) == FORMATS["text"](FOUND, 2)
    assert any(style for line in lines for _, style in line)


def test_json_is_one_object_with_these_keys() -> None:
    said = json.loads(FORMATS["json"](FOUND, 2))
    assert said["entities"] == 2
    assert said["findings"][0] == {
        "rule": "reference-unknown",
        "severity": "deny",
        "path": "a/b c.yaml",
        "line": 3,
        "column": 7,
        "message": "`spec.owner` is `x`, but there is no `r` in this catalog.",
        "fix": "Add it to the catalog, or mend the name.",
    }
    assert json.loads(FORMATS["json"]((), 0)) == {"entities": 0, "findings": []}


def test_github_commands_are_escaped_as_the_runner_unescapes() -> None:
    hostile = Finding("user-groups", Severity.DENY, "a,b:c%\n::error::x.yaml", 1, 2)
    (line,) = FORMATS["github"]([hostile], 1).splitlines()
    assert line.startswith(
        "::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.yaml,line=1,col=2,title=A user without"
    )
    assert [one.split(" ")[0] for one in FORMATS["github"](FOUND, 1).splitlines()] == [
        "::error",
        "::warning",
        "::error",
        "::notice",
    ]


def test_github_says_no_line_where_there_is_none() -> None:
    assert "line=" not in FORMATS["github"](FOUND[2:3], 1)
    assert FORMATS["github"]((), 1) == ""


_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_promise_6_nobody_can_smuggle_a_command_into_a_workflow(path: str, name: str) -> None:
    finding = Finding("field-format", Severity.DENY, path, 1, 1, {"field": name, "got": name, "case": "name"})
    (line,) = FORMATS["github"]([finding], 1).split("\n")
    match = _COMMAND.fullmatch(line)
    assert match is not None
    file = dict(one.split("=", 1) for one in match.group(2).split(",")).get("file", "")
    for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        file = file.replace(code, character)
    assert file == path
    assert "\r" not in line


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_TEXT = {"type": "string", "minLength": 1}
_MESSAGE = _object(["text"], text=_TEXT, markdown=_TEXT)
SARIF = _object(
    ["version", "runs"],
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "minItems": 1,
        "items": _object(
            ["tool", "results"],
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            tool=_object(
                ["driver"],
                driver=_object(
                    ["name"],
                    name=_TEXT,
                    version=_TEXT,
                    rules={
                        "type": "array",
                        "uniqueItems": True,
                        "items": _object(["id", "help"], id=_TEXT, help=_MESSAGE, shortDescription=_MESSAGE),
                    },
                ),
            ),
            results={
                "type": "array",
                "items": _object(
                    ["message", "ruleId", "level", "locations"],
                    message=_MESSAGE,
                    level={"enum": ["none", "note", "warning", "error"]},
                    ruleIndex={"type": "integer", "minimum": 0},
                    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
                    locations={
                        "type": "array",
                        "items": _object(
                            ["physicalLocation"],
                            physicalLocation=_object(
                                ["artifactLocation"],
                                artifactLocation=_object(
                                    ["uri"], uri={"type": "string", "format": "uri-reference"}
                                ),
                                region=_object(
                                    ["startLine"],
                                    startLine={"type": "integer", "minimum": 1},
                                    startColumn={"type": "integer", "minimum": 1},
                                ),
                            ),
                        ),
                    },
                ),
            },
        ),
    },
)
"""What the specification requires of the parts that we write (sections 3.13, 3.14, 3.19, 3.27 to 3.30, 3.49)."""


@pytest.mark.parametrize("findings", [(), FOUND])
def test_sarif_is_what_the_specification_requires(findings: tuple[Finding, ...]) -> None:
    said = json.loads(FORMATS["sarif"](findings, 2))
    jsonschema_rs.Draft202012Validator(SARIF, validate_formats=True).validate(said)
    (run,) = said["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result, finding in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
    assert [one["level"] for one in run["results"]] == ["error", "warning", "error", "note"][: len(findings)]


def test_sarif_locations() -> None:
    results = json.loads(FORMATS["sarif"](FOUND, 2))["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert places[0] == {
        "artifactLocation": {"uri": "a/b%20c.yaml", "uriBaseId": "ROOT"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert "region" not in places[2]


def test_sarif_fingerprints_survive_a_moved_line() -> None:
    def prints(line: int) -> Any:
        moved = Finding("user-groups", Severity.WARN, "a.yaml", line, 1)
        return json.loads(FORMATS["sarif"]([moved], 1))["runs"][0]["results"][0]["partialFingerprints"]

    assert prints(1) == prints(20)
