"""What rules say, as Markdown: many alike as one, what is waived apart, what new rules would do to whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape

from bot.model.plan import Fact, Finding
from bot.model.rule_impact import RulesImpactPart, Shift
from bot.report.markdown import code, count, details, link, prose
from bot.report.sentences import say
from bot.report.sentences.words import clean

_FEW = 2
"""As many alike are listed one by one."""
_TEAMS = 10
_OF_TEAM = 12
_WAIVED = 30
_NAMED = 5
_FAILS = ("deny", "warn", "info")


def is_ruled(finding: Finding) -> bool:
    """Whether a rule of one's own says it."""
    return "message" in finding.facts


def is_waived(finding: Finding) -> bool:
    """Whether a waiver excuses it, or an exception of the policy's own."""
    return "waived" in finding.facts or "excepted" in finding.facts


def gathered(findings: Sequence[Finding]) -> list[Finding]:
    """Of many that say the same about different things the first alone, with how many more there are.

    Why a rule is there is said once. `findings` in the order in which they are to be read.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for number, one in enumerate(findings):
        alike.setdefault(_likeness(one) if is_ruled(one) else (number,), []).append(one)
    told: set[str] = set()
    found: list[Finding] = []
    for group in alike.values():
        for one in [_first_of(group)] if len(group) > _FEW else group:
            found.append(_once(one, told))
            told.add(one.rule)
    return found


def _likeness(finding: Finding) -> tuple[object, ...]:
    facts = finding.facts
    names = {str(facts.get("subject", "")), _name(str(facts.get("subject", "")))}
    names |= {_name(str(facts.get("object", "")))}
    said = str(facts["message"])
    words = "|".join(sorted(map(re.escape, filter(None, names)), key=lambda one: (-len(one), one)))
    without = re.sub(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", "\0", said) if words else said
    kind = str(facts.get("object", "")).partition("/")[0]
    return (finding.rule, finding.severity, kind, without, facts.get("fix"), facts.get("pending"))


def _name(text: str) -> str:
    return text.rpartition("/")[2]


def _first_of(group: Sequence[Finding]) -> Finding:
    first, *rest = group
    others: list[str] = []
    more = 0
    for one in rest:
        others.append(str(one.facts.get("subject", one.path)))
        more += 1 + _number(one.facts.get("more"))
    own = first.facts.get("others", ())
    known = [*(own if isinstance(own, tuple) else ()), *others]
    names = tuple(dict.fromkeys(one for one in known if one != first.facts.get("subject")))
    total = more + _number(first.facts.get("more"))
    return replace(first, facts={**first.facts, "more": total, "others": names[:_NAMED]})


def _number(fact: Fact | None) -> int:
    return fact if isinstance(fact, int) else 0


def _once(finding: Finding, told: set[str]) -> Finding:
    if not is_ruled(finding) or finding.rule not in told:
        return finding
    return replace(finding, facts={key: one for key, one in finding.facts.items() if key != "why"})


def more_link(finding: Finding) -> str:
    """The rule's name, by which it is explained and waived, and where to read more if its author says so."""
    if not is_ruled(finding):
        return ""
    url = str(finding.facts.get("link", ""))
    return f" {link(finding.rule, url if url.startswith(('https://', 'http://')) else '')}"


def waived_block(findings: Iterable[Finding]) -> str:
    """What waivers and exceptions excuse, folded; empty without."""
    waived = [one for one in findings if is_waived(one)]
    if not waived:
        return ""
    lines = [f"- {code(one.rule)} {code(_spot(one))} {prose(say(one).message)}" for one in waived[:_WAIVED]]
    if len(waived) > _WAIVED:
        lines.append(f"- _and {len(waived) - _WAIVED:,} more_")
    counts = {word: sum(word in one.facts for one in waived) for word in ("waived", "excepted")}
    said = [f"{count(number, 'finding')} {word}" for word, number in counts.items() if number]
    return details(" and ".join(said), "\n".join(lines))


def _spot(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line else finding.path


def rules_impact(part: RulesImpactPart) -> str:
    """Which of all things would be judged otherwise, by team."""
    head = f"**This merge changes {_what(part)}.** They do not judge it yet."
    looked = _looked(part)
    if not part.shifts:
        return f"{head} {looked} nothing would be judged otherwise."
    said = f"{head} {looked} {_said(part.shifts)}."
    return "\n\n".join([said, *_teams(part.shifts)])


def _what(part: RulesImpactPart) -> str:
    said = []
    for names, noun in ((part.rules, "rule"), (part.waivers, "waiver")):
        if names:
            listed = ", ".join(code(one) for one in names[:_NAMED])
            rest = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            said.append(f"{count(len(names), noun)} ({listed}{rest})")
    return " and ".join(said)


def _looked(part: RulesImpactPart) -> str:
    counts = ((part.entities, "entity", "entities"), (part.objects, "rendered object", ""))
    said = [count(number, noun, plural) for number, noun, plural in counts if number]
    return f"Of {' and '.join(said)}" if said else "Of what there is"


def _said(shifts: Sequence[Shift]) -> str:
    """`12 would newly fail, 9 of them denied: these need mending or a waiver; 3 would stop failing`."""
    kinds = Counter(map(_kind, shifts))
    said = list(_newly(kinds["denied"], kinds["warned"]))
    if kinds["heavier"]:
        said.append(f"{kinds['heavier']:,} would be denied instead of warned of")
    words = {
        "lighter": "would be warned of instead of denied",
        "stops": "would stop failing",
        "waived": "would be waived",
        "unjudged": "would not be evaluated",
    }
    said += [f"{kinds[kind]:,} {word}" for kind, word in words.items() if kinds[kind]]
    return "; ".join(said)


def _newly(denied: int, warned: int) -> Iterator[str]:
    if denied and warned:
        need = "these need mending or a waiver"
        yield f"{denied + warned:,} would newly fail, {denied:,} of them denied: {need}"
    elif denied:
        need = "each needs" if denied > 1 else "it needs"
        yield f"{denied:,} would newly be denied: {need} mending or a waiver"
    elif warned:
        yield f"{warned:,} would newly be warned of"


def _kind(shift: Shift) -> str:
    was, now = shift.was, shift.now
    if now in _APART:
        return _APART[now]
    if not now:
        return "stops"
    if was in ("warn", "info") and now == "deny":
        return "heavier"
    if was in _FAILS and now != "deny":
        return "lighter"
    return "denied" if now == "deny" else "warned"


_APART = {"waived": "waived", "not-evaluated": "unjudged"}
_WORDS = {
    "denied": "newly denied",
    "heavier": "denied from now on",
    "warned": "newly warned of",
    "lighter": "denied no more",
    "stops": "fails no more",
    "waived": "waived",
    "unjudged": "not evaluated",
}
_ORDER = list(_WORDS)


def _teams(shifts: Sequence[Shift]) -> Iterator[str]:
    by_team: dict[str, list[Shift]] = {}
    for one in shifts:
        by_team.setdefault(one.owner, []).append(one)
    teams = sorted(by_team, key=lambda team: (-len(by_team[team]), team))
    for team in teams[:_TEAMS]:
        yield _team(team, by_team[team])
    if rest := teams[_TEAMS:]:
        number = sum(len(by_team[team]) for team in rest)
        named = ", ".join(code(team or "nobody") for team in rest[:_NAMED])
        more = f" and {len(rest) - _NAMED:,} more" if len(rest) > _NAMED else ""
        yield f"_{count(number, 'more')} of {named}{more}._".replace("mores", "more")


def _team(team: str, shifts: Sequence[Shift]) -> str:
    kinds = Counter(map(_kind, shifts))
    said = ", ".join(f"{kinds[kind]:,} {_WORDS[kind]}" for kind in _ORDER if kinds[kind])
    ordered = sorted(shifts, key=lambda one: (_ORDER.index(_kind(one)), one.rule, one.ref))
    lines = [_line(one) for one in ordered[:_OF_TEAM]]
    if len(ordered) > _OF_TEAM:
        lines.append(f"- _and {len(ordered) - _OF_TEAM:,} more_")
    name = f"<b>{escape(clean(team))}</b>" if team else "<b>nobody's</b>"
    return details(f"{name}: {said}", "\n".join(lines))


def _line(shift: Shift) -> str:
    where = f" in {', '.join(map(code, shift.environments))}" if shift.environments else ""
    return f"- {code(shift.ref)} by {code(shift.rule)}{where}: {_WORDS[_kind(shift)]}"
