"""`roadcrew rules eval`: judges any YAML or JSON files by any rule files, as `conftest test` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bot.adapters.every_judge import EveryJudge
from bot.catalog.own import is_kubernetes_version
from bot.cli import rules_files as files
from bot.cli.rules_options import STDOUT, for_admission, for_ci, for_opa, for_rego, usable
from bot.errors import UserError
from bot.policy.documents import objects_of
from bot.policy.evaluate import Asked, Checked, evaluate
from bot.policy.rulefiles import BrokenFile, RuleFiles, rule_files
from bot.policy.verdict import Json, Shared
from bot.report import evaluated as words
from bot.report.conftest import RESULT_FORMATS
from bot.report.conftest.text import result_lines, summary

_COLOURS = {"WARN": "yellow", "FAIL": "red", "NOEV": "red", "EXCP": "cyan"}


@click.command("eval", short_help="Judge any files by any rules, as conftest does.")
@click.argument("paths", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--rules",
    "--policy",
    "-p",
    "rule_paths",
    multiple=True,
    metavar="PATH",
    help="A file or folder of rules; may be given more than once.  [default: policy]",
)
@for_rego
@for_opa
@for_admission
@for_ci
def eval_(paths: tuple[str, ...], rule_paths: tuple[str, ...], **options: Any) -> None:
    """Judge YAML and JSON files (folders with all below, - for standard input) by any rule files.

    Rules are *.rego with conftest's conventions, Gatekeeper's ConstraintTemplates with constraints,
    ValidatingAdmissionPolicies with bindings and parameters, Kyverno's ValidatingPolicies, and `kind: Rule`.

    Exit codes: 0 well, 1 a failure or something that could not be judged, 2 could not run. With
    --fail-on-warn: 1 warnings only, 2 failures.
    """
    rules = _rules(rule_paths, options)
    found = files.inputs(paths, options["ignore"], options["stdin_filename"], options["parser"] or "")
    asked = _asked(options)
    now = datetime.now(UTC)
    shared = Shared(
        parameters=_parameters(options["params"])[1],
        data=files.data_below(_split_paths(options["data"])),
        now=now.isoformat(),
    )
    with EveryJudge(usable(options["opa"])) as judge:
        results = evaluate(rules, found, asked=asked, judge=judge, shared=shared, today=now.date())
    for note in words.eval_notes(rules, found, asked, results):
        click.echo(note, err=True)
    code = _code(results, fail_on_warn=options["fail_on_warn"])
    if code or not options["quiet"]:
        _print(results, rules, options)
    sys.exit(0 if options["no_fail"] else code)


def _rules(paths: Sequence[str], options: dict[str, Any]) -> RuleFiles:
    """Raises UserError."""
    given = _split_paths(paths) or ["policy"]
    if not paths and not os.path.isdir("policy"):  # noqa: PTH112
        raise UserError("No rules are named.", fix="Name them with --rules PATH.")
    if options["kubernetes"] and not is_kubernetes_version(options["kubernetes"]):
        raise UserError(f"--kubernetes {options['kubernetes']!r} is no version.", fix="Write it as 1.34.")
    named = tuple(one for given in options["namespaces"] for one in given.split(",") if one) or ("main",)
    namespaces = None if options["all_namespaces"] else named
    try:
        rules = rule_files(
            files.rule_bytes(given),
            namespaces=namespaces,
            version=options["rego_version"],
            kubernetes=options["kubernetes"],
            named=given,
        )
    except BrokenFile as broken:
        raise files.unreadable(broken.path, broken.broken) from None
    if not rules.policies and not any(one.is_error for one in rules.problems):
        message, fix = words.no_rules(given, namespaces, rules)
        raise UserError(message, fix=fix)
    return rules


def _split_paths(paths: Sequence[str]) -> list[str]:
    """At commas, as conftest does, where there is no such path."""
    return [part for path in paths for part in ([path] if os.path.lexists(path) else path.split(",")) if part]


def _asked(options: dict[str, Any]) -> Asked:
    old = files.objects_in(options["old"])
    operation = options["operation"] or ("UPDATE" if old else "CREATE")
    if old and operation != "UPDATE":
        raise UserError(
            f"--old says how objects were before an UPDATE, and the operation is {operation}.",
            fix="Leave one of them out.",
        )
    spaces = [item.value for document in files.objects_in(options["space"]) for item in objects_of(document)]
    if any(one.get("kind") != "Namespace" for one in spaces):
        raise UserError("This is no Namespace.", path=options["space"])
    return Asked(
        operation,
        old,
        _parameters(options["params"])[0],
        tuple(spaces),
        is_combined=options["combine"],
    )


def _parameters(path: str | None) -> tuple[Json, tuple[Json, ...]]:
    """One object overrides what bindings refer to; several are looked for by them."""
    found = [item.value for document in files.objects_in(path) for item in objects_of(document)]
    return (found[0], ()) if len(found) == 1 else (None, tuple(found))


def _code(results: Sequence[Checked], *, fail_on_warn: bool) -> int:
    if any(one.failures or one.not_evaluated for one in results):
        return 2 if fail_on_warn else 1
    return int(fail_on_warn and any(one.warnings for one in results))


def _print(results: Sequence[Checked], rules: RuleFiles, options: dict[str, Any]) -> None:
    style = "text" if options["style"] == STDOUT else options["style"]
    if style != "text":
        click.echo(RESULT_FORMATS[style](results))
        return
    if options["verbose"]:
        click.echo(words.eval_rules(rules, results))
    for word, rest in result_lines(results):
        if word == "EXCP" and options["suppress_exceptions"]:
            continue
        is_plain = options["no_color"] or not sys.stdout.isatty()
        click.echo(f"{word if is_plain else click.style(word, _COLOURS[word])} {rest}")
    click.echo(f"\n{summary(results)}")
