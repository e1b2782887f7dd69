"""Results as JUnit's XML, as conftest writes it: a suite a namespace. What was not evaluated has failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from bot.policy.evaluate import Checked
from bot.report.conftest.text import message_of


def as_junit(results: Sequence[Checked]) -> str:
    """Suites in the order in which their namespaces come first."""
    root = ET.Element("testsuites")
    for name in dict.fromkeys(one.namespace for one in results):
        tests = [test for one in results if one.namespace == name for test in _tests(one)]
        if tests:
            root.append(_suite(f"conftest.{name}", tests))
    ET.indent(root, "\t")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


_Test = tuple[str, str]
"""The file, and what is wrong; empty if nothing is."""


def _tests(one: Checked) -> Iterator[_Test]:
    for said in (*one.warnings, *one.failures, *one.not_evaluated):
        yield one.filename, message_of(said)
    for _ in range(one.successes):
        yield one.filename, ""


def _suite(name: str, tests: Sequence[_Test]) -> ET.Element:
    failures = sum(bool(message) for _, message in tests)
    counts = {"tests": str(len(tests)), "failures": str(failures), "time": "0.000"}
    suite = ET.Element("testsuite", {**counts, "name": name})
    for file, message in tests:
        said = f"{file} - {message}" if message else file
        case = ET.SubElement(suite, "testcase", {"classname": name, "name": said, "time": "0.000"})
        if message:
            ET.SubElement(case, "failure", {"message": "Failed", "type": ""}).text = message
    return suite
