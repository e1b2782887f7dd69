"""What `roadcrew rules eval` says beside its results, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.catalog.near import NameIndex
from bot.policy.documents import objects_of
from bot.policy.evaluate import Asked, Checked, Input, judges
from bot.policy.rego.engine import Problem
from bot.policy.rulefiles import RuleFiles
from bot.policy.verdict import Language
from bot.report.markdown import count
from bot.report.sentences.words import clean

_NAMED = 5


def no_rules(paths: Sequence[str], namespaces: Sequence[str] | None, rules: RuleFiles) -> tuple[str, str]:
    """Why there is nothing to judge by, and what to do."""
    places = ", ".join(clean(one) for one in paths)
    if namespaces is None or not rules.spaces:
        return f"There are no rules in {places}.", (
            "Name files or folders with *.rego, ValidatingAdmissionPolicy, ValidatingPolicy, "
            "ConstraintTemplate or kind: Rule."
        )
    names = _listed(namespaces)
    near = [one for name in namespaces for one in NameIndex(rules.spaces).near(name)]
    there = f"Did you mean {_listed(near)}?" if near else f"There are {_listed(rules.spaces)}:"
    fix = there if near else f"{there} name one with --namespace, or use --all-namespaces."
    return f"No Rego package in {places} is called {names}.", fix


def _listed(names: Sequence[str]) -> str:
    shown = [clean(one) for one in names[:_NAMED]]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(shown)}{more}"


def eval_notes(
    rules: RuleFiles, inputs: Sequence[Input], asked: Asked, results: Sequence[Checked]
) -> Iterator[str]:
    """What the results do not show, each in a sentence."""
    for problem in rules.problems:
        if not problem.is_error:
            yield f"Note: {place(problem)}: {clean(problem.message)}."
    pulls = [one.name for one in rules.policies if one.language is Language.CEL and judges(one) == "pull"]
    if pulls:
        yield f"Note: {_listed(pulls)} judges pull requests, and here is none."
    yield from (
        f"Note: {clean(one.path)} holds a bare text and no mapping." for one in inputs if _is_text(one)
    )
    if asked.is_combined and any(one.language is not Language.REGO for one in rules.policies):
        yield "Note: --combine is for Rego; the other rules judge each object by itself."
    if asked.operation == "UPDATE" and not asked.old:
        yield "Note: without --old FILE, oldObject is null."
    if not any(_tests(one) for one in results):
        number = sum(len([*objects_of(one)]) for each in inputs for one in each.documents)
        them = "this object" if number == 1 else f"any of these {number:,} objects"
        yield f"Note: no rule concerns {them}."


def _is_text(one: Input) -> bool:
    return any(isinstance(each.value, str) for each in one.documents)


def _tests(one: Checked) -> int:
    return one.successes + len([*one.warnings, *one.failures, *one.exceptions, *one.not_evaluated])


def place(problem: Problem) -> str:
    """`path:line`, as far as it is known."""
    return ":".join([clean(problem.path), *([str(problem.line)] if problem.line else [])])


def eval_rules(rules: RuleFiles, results: Sequence[Checked]) -> str:
    """A line a policy: where it stands, who read it, how many files it concerned."""
    lines = []
    for one in rules.policies:
        found = [each for each in results if each.namespace == one.name]
        by = next((each.engine for each in found if each.engine), "cel" if one.language in _BY_CEL else "")
        where = f"{clean(one.path)}:{one.line}"
        said = f"{clean(one.name)}  {where}  {one.language}{f' by {by}' if by else ''}"
        lines.append(f"{said}  {count(len(found), 'file')}")
    return "\n".join([*lines, ""])


_BY_CEL = frozenset({Language.CEL, Language.ADMISSION})
