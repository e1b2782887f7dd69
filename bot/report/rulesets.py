"""A repo's rules listed and explained, in words for a terminal and as plain values. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.policy.cases import Case
from bot.policy.rego.modules import judging, known
from bot.policy.rules.ruleset import OFF, RuleSet, Ruling
from bot.policy.verdict import Language
from bot.policy.waivers import Waiver
from bot.report.markdown import count
from bot.report.sentences import RULES, Sentence, Words, say
from bot.report.sentences.words import CONTROL, clean, put

_LANGUAGES = {
    Language.CEL: "CEL",
    Language.ADMISSION: "admission policy",
    Language.REGO: "Rego",
    Language.GATEKEEPER: "Gatekeeper",
}
_BUILT_IN = "built in"
_JUDGED = {
    "entity": "entities of the catalog",
    "object": "rendered objects",
    "pull": "the pull request",
    "file": "files",
}
_OPERANDS = ("kinds", "types", "owners", "tiers", "environments", "paths")


def list_text(rules: RuleSet, today: date) -> str:
    """A row a rule, those of the repo and then what is said of built-in ones; and how many there are."""
    rows = [("rule", "weighs", "language", "judges", "title", "file")]
    rows += [
        (
            clean(one.name),
            _weighs(one, today),
            _LANGUAGES[one.language],
            one.judges,
            clean(one.title),
            f"{clean(one.policy.path)}:{one.policy.line}",
        )
        for one in rules.rulings
    ]
    rows += [
        (clean(name), clean(str(spec.get("severity", ""))), _BUILT_IN, "", RULES[name].title, "")
        for name, spec in rules.overrides.items()
        if name in RULES
    ]
    wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows
    ]
    broken = count(len(rules.findings), "problem")
    more = [f"{broken} in the files of rules: `roadcrew check` says which."] if rules.findings else []
    return "\n".join([*lines, "", f"{count(len(rules.rulings), 'rule')}.", *more, *_unread(rules)])


def _unread(rules: RuleSet) -> Iterator[str]:
    """What lies among the rules and judges nothing, so that nobody takes it for a rule."""
    found = [one for one in rules.findings if one.rule == "rule-unread" or one.facts.get("case") == "file"]
    for one in found[:_MOST_UNREAD]:
        yield f"  {clean(one.path)}:{one.line}: {say(one).message}"
    if len(found) > _MOST_UNREAD:
        yield f"  and {len(found) - _MOST_UNREAD:,} more"


_MOST_UNREAD = 20


def _weighs(one: Ruling, today: date) -> str:
    severity = one.severity(today)
    if severity is None:
        return OFF
    later = one.weight.deny_from
    return f"{severity}, deny from {later}" if later is not None and later > today else str(severity)


def list_document(rules: RuleSet, today: date) -> list[dict[str, Any]]:
    """`[{name, severity, denyFrom, language, judges, title, path, line, waivable, maxWaiverDays}]`."""
    return [_document(one, today) for one in rules.rulings]


def _document(one: Ruling, today: date) -> dict[str, Any]:
    severity = one.severity(today)
    later = one.weight.deny_from
    return {
        "name": one.name,
        "severity": OFF if severity is None else str(severity),
        "denyFrom": later.isoformat() if later else None,
        "language": str(one.language),
        "judges": one.judges,
        "title": one.title,
        "path": one.policy.path,
        "line": one.policy.line,
        "waivable": one.waivable,
        "maxWaiverDays": one.max_waiver_days,
    }


@dataclass(frozen=True)
class Explained:
    """A rule and what stands around it. `asked`: the name that was asked for, perhaps of a part of Rego."""

    asked: str
    ruling: Ruling
    today: date
    waivers: Sequence[Waiver] = ()
    cases: Sequence[Case] = field(default=(), repr=False)


def explain_text(one: Explained) -> str:
    """Why there is this rule, what it looks at, what must hold, who need not keep it, how it is tried."""
    ruling = one.ruling
    title = f"\n    {clean(ruling.title)}" if ruling.title else ""
    head = f"{clean(one.asked)}  {clean(ruling.policy.path)}:{ruling.policy.line}{title}"
    return "\n\n".join([head, "\n".join(_facts(one)), *_holds(one), *_waived(one), *_tried(one)])


def _facts(one: Explained) -> Iterator[str]:
    ruling = one.ruling
    language = _LANGUAGES[ruling.language]
    rows = [
        ("why", _flat(ruling.description)),
        ("fix", _flat(ruling.fix)),
        ("link", clean(ruling.link)),
        ("weighs", _weighs(ruling, one.today)),
        ("judges", f"{_JUDGED[ruling.judges]}, by {language}"),
        ("only", "; ".join(_match(ruling))),
        ("waivers", f"up to {count(ruling.max_waiver_days, 'day')}" if ruling.waivable else "none allowed"),
    ]
    for name, said in rows:
        if said:
            yield f"    {name:7}  {said}"


def _flat(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())


def _match(ruling: Ruling) -> Iterator[str]:
    if ruling.language is not Language.CEL:
        return
    match: Mapping[str, Any] = ruling.policy.documents[0]["spec"].get("match") or {}
    for name in _OPERANDS:
        if match.get(name):
            yield f"{name} {', '.join(clean(str(each)) for each in match[name])}"
    labels = match.get("labels") or {}
    if labels:
        yield f"labels {', '.join(f'{clean(key)}={clean(value)}' for key, value in labels.items())}"
    if match.get("where"):
        yield f"where {_flat(str(match['where']))}"


def _holds(one: Explained) -> Iterator[str]:
    """The expressions, or the places of Rego's rules."""
    ruling = one.ruling
    lines: list[str] = []
    match ruling.language:
        case Language.REGO:
            for module in known(ruling.policy.documents):
                for head in judging([module], ruling.name):
                    name = f"{ruling.name}.{head.name}"
                    if one.asked in {name, ruling.name}:
                        lines.append(f"    {clean(name)}  {clean(module.module.path)}:{head.line}")
        case Language.CEL | Language.ADMISSION:
            spec = ruling.policy.documents[0]["spec"]
            lines += [
                f"    {clean(str(each.get('name')))} = {_flat(str(each.get('expression')))}"
                for each in spec.get("variables") or ()
            ]
            for each in spec.get("validations") or ():
                lines.append(f"    {_flat(str(each.get('expression')))}")
                said = each.get("message") or each.get("messageExpression")
                lines += [f"        else: {_flat(str(said))}"] if said else []
        case Language.GATEKEEPER:
            lines.append(f"    {clean(str(ruling.policy.documents[1].get('kind', '')))}'s template")
    if lines:
        yield "\n".join(["Rules" if ruling.language is Language.REGO else "Must hold", *lines])


def _waived(one: Explained) -> Iterator[str]:
    lines = []
    for waiver in one.waivers:
        left = waiver.days_left(one.today)
        state = f"ended {count(-left, 'day')} ago" if left < 0 else f"{count(left, 'day')} left"
        if left >= 0 and not waiver.holds(one.ruling, one.today):
            state = "not in force"
        whom = ", ".join(clean(each) for each in (*waiver.targets, *waiver.paths))
        lines.append(f"    {clean(waiver.name)}  {whom}  {state}  {clean(waiver.entity.path)}")
    if lines:
        yield "\n".join(["Waivers", *lines])


def _tried(one: Explained) -> Iterator[str]:
    if one.cases:
        lines = [
            f"    {each.expect:4}  {clean(each.name)}  {clean(each.path)}:{each.line}" for each in one.cases
        ]
        yield "\n".join(["Tests", *lines])


def explain_document(one: Explained) -> dict[str, Any]:
    """The row of `list_document` with words, waivers and tests."""
    ruling = one.ruling
    return {
        **_document(ruling, one.today),
        "why": ruling.description,
        "fix": ruling.fix,
        "link": ruling.link,
        "waivers": [
            {
                "name": each.name,
                "targets": list(each.targets),
                "paths": list(each.paths),
                "expires": each.expires.isoformat(),
                "daysLeft": each.days_left(one.today),
                "inForce": each.holds(ruling, one.today),
            }
            for each in one.waivers
        ],
        "tests": [{"name": each.name, "expect": str(each.expect)} for each in one.cases],
    }


def built_in_text(name: str, severity: str) -> str:
    """A rule that Roadcrew has by itself. `severity`: what the repo says of it; may be empty."""
    words: Words = RULES[name]
    said: Sentence = put(words, {})
    rows = [("says", said.message), ("fix", said.fix), ("weighs", severity)]
    lines = [f"    {key:7}  {_flat(text)}" for key, text in rows if text]
    return "\n".join([f"{name}  {_BUILT_IN}", f"    {words.title}", "", *lines])


def unknown_text(name: str, near: Sequence[str]) -> tuple[str, str]:
    """That there is no such rule, and what may have been meant."""
    meant = " or ".join(clean(one) for one in near)
    return (
        f"There is no rule {clean(name)}.",
        f"Did you mean {meant}?" if near else "See `roadcrew rules list`.",
    )
