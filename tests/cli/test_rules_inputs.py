"""What `roadcrew rules eval` reads, and how. The tables and the XML in the fixtures were written by conftest."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from bot.adapters.rego_embedded import find_embedded
from bot.cli import main
from tests.conftest import ROOT

CONFTEST = ROOT / "tests/fixtures/conftest"
pytestmark = pytest.mark.skipif(find_embedded() is None, reason="needs the extra rego")

ECHO = """package main
import rego.v1
deny contains json.marshal(input) if input != null
"""
DATA = """package main
import rego.v1
deny contains json.marshal(data.given) if true
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs it in an empty folder, with the embedded engine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, ["rules", "eval", *arguments], input=stdin)

    return run


def echoed(result: Result) -> list:
    """The input of each judgement, as Rego saw it."""
    return [json.loads(one["msg"]) for each in json.loads(result.stdout) for one in each["failures"]]


@pytest.mark.parametrize(
    "name", ["Dockerfile", "Containerfile", "app.dockerfile", "nginx.conf", "README.md", "t.txt", "noext"]
)
def test_what_is_neither_yaml_nor_json_by_its_name_is_refused(run, tmp_path, name):
    (tmp_path / "p.rego").write_text(ECHO)
    (tmp_path / name).write_text("FROM debian:latest\nRUN true\n")
    result = run("--rules", "p.rego", name)
    assert result.exit_code == 2
    assert f"{name}: Only YAML and JSON files can be judged" in result.stderr


def test_a_parser_that_is_named_reads_them_all(run, tmp_path):
    (tmp_path / "p.rego").write_text(ECHO)
    (tmp_path / "app.conf").write_text("a: yes\n")
    (tmp_path / "b.yaml").write_text('{"a": 1}')
    assert echoed(run("--rules", "p.rego", "--parser", "yaml", "-o", "json", "app.conf")) == [{"a": True}]
    found = run("--rules", "p.rego", "--parser", "json", "-o", "json", "app.conf", "b.yaml")
    assert (found.exit_code, "app.conf:1:1: This is no JSON" in found.stderr) == (2, True)
    assert echoed(run("--rules", "p.rego", "--parser", "json", "-o", "json", "b.yaml")) == [{"a": 1}]
    assert run("--rules", "p.rego", "--parser", "hcl2", "b.yaml").exit_code == 2


@pytest.mark.parametrize("text", ["FROM debian:latest\nRUN true\n", "12\n", "a: 1\n---\nplain\n"])
def test_standard_input_that_is_no_yaml_is_refused(run, tmp_path, text):
    (tmp_path / "p.rego").write_text(ECHO)
    result = run("--rules", "p.rego", "-", stdin=text)
    assert result.exit_code == 2
    assert "Standard input holds a bare text or number" in result.stderr


def test_a_yaml_file_with_a_bare_text_is_judged_as_conftest_does_and_told_of(run, tmp_path):
    (tmp_path / "p.rego").write_text(ECHO)
    (tmp_path / "a.yaml").write_text("hello there\n")
    result = run("--rules", "p.rego", "-o", "json", "a.yaml")
    assert echoed(result) == ["hello there"]
    assert "Note: a.yaml holds a bare text and no mapping." in result.stderr


def test_json_is_json(run, tmp_path):
    (tmp_path / "p.rego").write_text(ECHO)
    (tmp_path / "a.json").write_text('{\n  "a": 1,\n}')
    result = run("--rules", "p.rego", "a.json")
    assert result.exit_code == 2
    assert "a.json:3:1: This is no JSON" in result.stderr


def test_the_last_of_two_keys_counts_and_utf_16_is_read(run, tmp_path):
    (tmp_path / "p.rego").write_text(ECHO)
    text = "a: yes\na: no\nb: {c: 1, c: 2}\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_bytes(text.encode("utf-16"))
    (tmp_path / "c.json").write_text('{"a": 1, "a": 2}')
    found = echoed(run("--rules", "p.rego", "-o", "json", "a.yaml", "b.yaml", "c.json"))
    assert found == [{"a": False, "b": {"c": 2}}, {"a": False, "b": {"c": 2}}, {"a": 2}]


GIVEN = """given:
  l: [NO, no, yes, on, off, y, n, Y, True, TRUE, "true", ~, Null, 0777, 0o777, 0b11, 0x1F, 1_000, 1e3, 1.0]
  m: [.5, 08, 2023-01-01, 12:30:45, 1:20, +1, -0x1F, 12345678901234567, "=", 0.1e1]
  NO: a
  yes: b
  true: d
  0777: g
  dup: 1
  dup: 2
  base: &b {x: 1, y: 2}
  merged: {<<: *b, x: 3}
  t: !foo bar
---
given: {second: 1}
"""
"""What follows is what opa 1.22 says of it."""
WORDS = ["NO", "no", "yes", "on", "off", "y", "n", "Y"]
LOADED = {
    "l": [*WORDS, True, True, "true", None, None, 511, 511, 3, 31, 1000, 1000, 1],
    "m": [0.5, 8, "2023-01-01", "12:30:45", "1:20", 1, -31, 12345678901234567, "=", 1],
    "NO": "a",
    "yes": "b",
    "true": "d",
    "511": "g",
    "dup": 2,
    "base": {"x": 1, "y": 2},
    "merged": {"x": 3, "y": 2},
    "t": "bar",
}


def test_data_is_read_as_opa_reads_it(run, tmp_path):
    (tmp_path / "p.rego").write_text(DATA)
    (tmp_path / "given.yaml").write_text(GIVEN)
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert echoed(run("--rules", "p.rego", "-d", "given.yaml", "-o", "json", "a.yaml")) == [LOADED]


def test_data_that_is_called_json_is_json(run, tmp_path):
    (tmp_path / "p.rego").write_text(DATA)
    (tmp_path / "given.json").write_text("given: 1")
    (tmp_path / "a.yaml").write_text("a: 1\n")
    result = run("--rules", "p.rego", "-d", "given.json", "a.yaml")
    assert (result.exit_code, "given.json:1:1: This is no JSON" in result.stderr) == (2, True)


def told(style: str, monkeypatch) -> str:
    monkeypatch.chdir(CONFTEST)
    arguments = ["rules", "eval", "-p", "policy", "-d", "data", "-o", style, "objects.yaml", "service.json"]
    return CliRunner().invoke(main, arguments).stdout


def lines(text: str) -> list[str]:
    """Without what conftest has in no order, and without who judged."""
    return sorted(line.partition(" (")[0] for line in text.strip().splitlines())


@pytest.mark.parametrize("style", ["table", "azuredevops"])
def test_forms_are_conftests(style, monkeypatch):
    expected = (CONFTEST / f"expected.{style}").read_text()
    assert lines(told(style, monkeypatch)) == lines(expected)


def test_junit_is_conftests(monkeypatch):
    found, expected = (
        ET.fromstring(text)
        for text in (told("junit", monkeypatch), (CONFTEST / "expected.junit").read_text())
    )
    assert [one.attrib for one in found] == [one.attrib for one in expected]
    cases, wanted = (
        sorted((one.get("name", ""), one.findtext("failure", "")) for one in each.iter("testcase"))
        for each in (found, expected)
    )
    assert cases == wanted


def test_what_could_not_be_evaluated_is_a_failure_in_every_form(run, tmp_path):
    (tmp_path / "p.rego").write_text(
        'package main\nimport rego.v1\ndeny contains "##vso[x]" if http.send({}).a\n'
    )
    (tmp_path / "a.yaml").write_text("a: 1\n")
    said = {
        style: run("--rules", "p.rego", "-o", style, "a.yaml") for style in ("table", "junit", "azuredevops")
    }
    assert {one.exit_code for one in said.values()} == {1}
    assert "│ not evaluated │ a.yaml" in said["table"].stdout
    assert 'failures="1"' in said["junit"].stdout
    assert (
        "##vso[task.logissue type=error] file=a.yaml --> p.rego calls http.send" in said["azuredevops"].stdout
    )
