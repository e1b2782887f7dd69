"""`roadcrew rules test`: runs the cases of rules, and the `test_*` rules of Rego."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.adapters.every_judge import EveryJudge
from bot.catalog.broken import Broken
from bot.catalog.near import NameIndex
from bot.cli import rules_files as files
from bot.cli.rules_options import for_opa, usable
from bot.cli.rules_place import rules_around
from bot.errors import UserError
from bot.policy.cases import cases_of, is_suite, policy_name, run_cases, untried
from bot.policy.documents import Document, documents_of
from bot.policy.rego.engine import Problem, RegoEngine
from bot.policy.rego.suites import Tested, run_tests
from bot.policy.rulefiles import BrokenFile, rule_files
from bot.policy.verdict import Json, Language, Policy
from bot.report.ruletests import SUITE_FORMATS, Suite


@click.command("test", short_help="Run the tests of rules.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--rules",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Files or folders of rules and their tests, instead of a repo's.",
)
@click.option("--data", "-d", multiple=True, metavar="PATH", help="YAML or JSON that Rego sees below `data`.")
@click.option(
    "--rego-version",
    type=click.Choice(["auto", "v0", "v1"], case_sensitive=False),
    default="auto",
    show_default=True,
    help="The syntax of Rego files; auto decides for each.",
)
@for_opa
@click.option("--strict", is_flag=True, help="Fail when a rule has no case that passes or none that fails.")
@click.option(
    "--format",
    "--output",
    "-o",
    "style",
    type=click.Choice([*SUITE_FORMATS]),
    default="text",
    show_default=True,
)
def test(
    folder: Path,
    *,
    paths: tuple[str, ...],
    data: tuple[str, ...],
    rego_version: str,
    style: str,
    opa: str,
    strict: bool,
) -> None:
    """Run the cases in rules/tests/*.yaml of the repo around DIR, and Rego's rules that begin with test_.

    Exit codes: 0 all passed, 1 a test failed (with --strict also a rule that is not tried), 2 could not run.
    """
    extra = files.data_below(list(data))
    found = _given(list(paths), rego_version) if paths else _of_repo(folder)
    suite = _run(found, {**found.data, **extra}, rego_version, usable(opa), is_strict=strict)
    if not suite.cases and not suite.rego and not suite.problems:
        raise UserError(
            "There are no tests of rules.",
            fix="Write cases to rules/tests/, see docs/rules.md, or name a folder with --rules PATH.",
        )
    click.echo(SUITE_FORMATS[style](suite))
    sys.exit(0 if suite.is_well else 1)


class _Found:
    """What is there to run."""

    def __init__(
        self,
        policies: Sequence[Policy],
        contents: Mapping[str, bytes],
        parameters: Sequence[Json],
        data: Mapping[str, Json],
    ) -> None:
        self.policies = {one.name: one for one in policies}
        self.contents = contents
        self.parameters = parameters
        self.data = data


def _of_repo(folder: Path) -> _Found:
    """Raises UserError."""
    there = rules_around(folder)
    policies = [one.policy for one in there.rules.rulings]
    return _Found(policies, there.files(files.RULES), there.rules.parameters, there.rules.data)


def _given(paths: Sequence[str], version: str) -> _Found:
    """Raises UserError."""
    contents = files.rule_bytes(paths)
    try:
        rules = rule_files(contents, namespaces=None, version=version, named=paths)
    except BrokenFile as broken:
        raise files.unreadable(broken.path, broken.broken) from None
    return _Found(rules.policies, contents, rules.parameters, {})


def _run(found: _Found, data: Mapping[str, Json], version: str, opa: str, *, is_strict: bool) -> Suite:
    suites, problems = _suites(found.contents)
    cases, wrong = cases_of(suites)
    now = datetime.now(UTC).isoformat()
    with EveryJudge(opa) as judge:
        judged = run_cases(cases, found.policies, judge, parameters=found.parameters, data=data, now=now)
        rego = _rego(judge.rego, found.contents, data, version) if _has_rego(found.contents) else []
    unknown = {one.rule for one in cases if not policy_name(one.rule, found.policies)}
    index = NameIndex(found.policies)
    return Suite(
        judged,
        rego,
        [*problems, *wrong],
        untried(_tried(found.policies, judged), judged),
        {name: index.near(name) for name in unknown},
        is_strict=is_strict,
    )


def _tried(policies: Mapping[str, Policy], judged: Sequence[Any]) -> list[str]:
    """Rules that want cases. Rego has its own tests; only packages with some of ours are counted."""
    named = {one.case.rule.rpartition(".")[0] for one in judged} | {one.case.rule for one in judged}
    return [name for name, one in policies.items() if one.language is not Language.REGO or name in named]


def _suites(contents: Mapping[str, bytes]) -> tuple[list[Document], list[Problem]]:
    """Documents that are tests, and files of tests that cannot be read."""
    found: list[Document] = []
    problems: list[Problem] = []
    for path, data in contents.items():
        if path.endswith(".rego"):
            continue
        try:
            found += [one for one in documents_of(path, data) if is_suite(one)]
        except Broken as broken:
            if "tests" in path.replace("\\", "/").split("/")[:-1]:
                said = files.unreadable(path, broken)
                problems.append(Problem(path, said.line, said.column, f"{said.message} {said.fix}".strip()))
    return found, problems


def _has_rego(contents: Iterable[str]) -> bool:
    return any(path.endswith(".rego") for path in contents)


def _rego(
    engine: RegoEngine, contents: Mapping[str, bytes], data: Mapping[str, Json], version: str
) -> list[Tested]:
    modules = {path: text for path, text in contents.items() if path.endswith(".rego")}
    return run_tests(engine, modules, version, data)
