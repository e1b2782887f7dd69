"""Words for rules of one's own, for what keeps them from judging, and for waivers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.model.plan import Fact, Finding
from bot.report.sentences.words import CONTROL, Sentence, Words, quoted

_LONGEST = 500
_WORD = re.compile(
    r"(?:all|an?|any|and|by|every|for|from|has|have|if|in|is|its?|neither|no|nobody|none|not|nothing|on|one|only|"
    r"some|the|there|these|this|those|too|when|where|with|without)\b[ ,:]"
)
"""What begins a sentence, and no name."""
LEFT: Mapping[str, str] = {
    "rego": "is Rego; a cluster judges by CEL",
    "kyverno": "is Kyverno's; a cluster with Kyverno reads it as it is",
    "params": "wants parameters, and has no binding that names them",
    "name": "has a name that Kubernetes does not take",
    "kinds": "names no kinds, and would judge every object that a controller makes",
    "glob": "matches {what}, and Kubernetes wants the kind in full",
    "match": "has {what}, which a cluster does not know",
    "asks": "asks for {what}, which a cluster does not know",
    "unknown": "cannot be exported: Kubernetes does not know {what}",
    "refused": "cannot be exported: no API server compiles it ({what})",
    "long": "is too long to see whether a cluster would compile it",
}
"""Why a rule is not exported, as what is said of it."""
_BASE_JUDGES = "It judges nothing until this is mended."

WORDS: Mapping[str, Words] = {
    "pull-held": Words(
        title="A pull request that is held",
        message="This pull request is held: it must not be merged for now.",
        fix="Someone who may writes `/unhold` when it may go on.",
    ),
    "rule-broken": Words(
        title="A rule that cannot be loaded",
        message="The rule {name} cannot be read: {reason:plain}.",
        fix="Mend it here. " + _BASE_JUDGES,
        cases={
            "expression": ("The rule {name} has an expression that cannot be compiled: {reason:plain}.", ""),
            "judges": (
                "The rule {name} has `validations` and does not say what it judges.",
                "Add `judges: entity`, or `object`, `pull` or `file`.",
            ),
            "empty": (
                "The rule {name} has no `validations`, so it could never fail.",
                "Add at least one expression that must be true.",
            ),
            "file": ("This judges nothing: {reason:plain}.", ""),
        },
    ),
    "rule-name": Words(
        title="Two rules with one name",
        message="There is a rule {name} already, at {first}: this one does not judge.",
        fix="Give it a name of its own.",
        cases={
            "taken": (
                "{name} is the name of a built-in rule: findings of the two could not be told apart.",
                "",
            )
        },
    ),
    "rule-not-evaluated": Words(
        title="A rule that could not be asked",
        message="The rule {name} could not judge {subject}: {reason:plain}. That is no pass.",
        fix="If nothing is wrong here, ask the owner of the rule to mend it.",
        cases={
            "object": (
                "The rule {name} could not judge {object} of {subject}: {reason:plain}. That is no pass.",
                "",
            ),
            "impact": (
                "The rule {name} could not judge {times} of what there is: {reason:plain}. That is no pass.",
                "Mend the rule, or let it `match` less.",
            ),
        },
    ),
    "rule-not-exported": Words(
        title="A rule that clusters do not get",
        message="Clusters do not judge by the rule {name}.",
        fix="Pull requests are judged by it all the same.",
        cases={
            key: (f"Clusters do not judge by the rule {{name}}: it {why}.", "") for key, why in LEFT.items()
        },
    ),
    "rule-stopped": Words(
        title="A rule that was stopped",
        message="The rule {name} was stopped while it judged {subject}: {reason:plain}.",
        fix="Make the rule simpler. The other rules were not held up by it.",
        cases={
            "compile": ("The rule {name} was stopped before it judged anything: {reason:plain}.", ""),
            "impact": ("The rule {name} was stopped while it judged what there is: {reason:plain}.", ""),
        },
    ),
    "rule-test": Words(
        title="A test of a rule fails",
        message="The case {name} of the rule {rule} does not come out: {reason:plain}.",
        fix="Mend the rule or the case. `roadcrew rules test` runs all of them.",
        cases={
            "shape": ("This is no test of a rule: {reason:plain}.", "Mend it as docs/rules.md has it."),
            "rego": ("The test {name} of the package {rule} does not pass: {reason:plain}.", ""),
            "cut": (
                "{ran} of {tests} tests of rules were run here.",
                "`roadcrew rules test` runs all of them.",
            ),
        },
    ),
    "rule-unread": Words(
        title="Nothing reads this",
        message="This {kind} of {api} is neither a rule nor what a rule asks for: nothing here reads it.",
        fix="",
    ),
    "waiver-empty": Words(
        title="A waiver of nothing",
        message="The waiver {waiver} names nobody.",
        fix="Add `targets` with references of entities, or `paths`.",
        cases={"rule": ("The waiver {waiver} names no rule.", "Add `rule` with the name of one.")},
    ),
    "waiver-ending": Words(
        title="A waiver that ends soon",
        message="The waiver {waiver} ends in {days} days, on {until:plain}. Then its rule counts again.",
        fix="Mend what it excuses, or ask for more time in a pull request that changes `expires`.",
        cases={
            "today": ("The waiver {waiver} ends today. Tomorrow its rule counts again.", ""),
            "tomorrow": ("The waiver {waiver} ends tomorrow. After that its rule counts again.", ""),
        },
    ),
    "waiver-expired": Words(
        title="A waiver that is over",
        message="The waiver {waiver} ended on {until:plain}: it excuses nothing any more.",
        fix="Remove it, or ask for more time in a pull request that changes `expires`.",
    ),
    "waiver-forbidden": Words(
        title="A rule that cannot be waived",
        message="The rule {rule} cannot be waived: {waiver} excuses nothing.",
        fix="Keep the rule, or talk to its owner: `waivable: false` stands there.",
    ),
    "waiver-rule": Words(
        title="A waiver of a rule that is not there",
        message="There is no rule {rule}, so {waiver} excuses nothing.",
        fix="`roadcrew rules list` shows all rules.",
        near="Did you mean {near}?",
        cases={
            "built-in": (
                "{rule} is a built-in rule: those cannot be waived.",
                "A `kind: Rule` with its name says how much it weighs.",
            )
        },
    ),
    "waiver-target": Words(
        title="A waiver for something that is not there",
        message="There is no {ref}: the waiver {waiver} does nothing for it.",
        fix="Mend the reference, or remove it.",
    ),
    "waiver-too-long": Words(
        title="A waiver that lasts too long",
        message="The waiver {waiver} lasts until {until:plain}; {rule} allows {most} days at a time.",
        fix="Write {latest} or an earlier day. Until then it excuses nothing.",
    ),
    "waiver-unused": Words(
        title="A waiver that nobody needs",
        message="Nothing breaks what {waiver} excuses.",
        fix="Remove it.",
    ),
    "waiver-wide": Words(
        title="A waiver of everything",
        message="The waiver {waiver} excuses everything from every rule until {until:plain}.",
        fix="Name the rules and the targets that it is for.",
    ),
}
"""By rule id."""


def say(finding: Finding) -> Sentence:
    """What a rule of one's own says: its author's message, where it holds, how often, and who excuses it."""
    facts = finding.facts
    message, whose = plain(str(facts["message"])), _whose(facts)
    said = [f"{whose}{_capital(message)}", _others(facts)]
    if "excepted" in facts:
        return Sentence(" ".join(filter(None, said)), "")
    if "waived" in facts:
        said.append(_waived(facts))
        return Sentence(" ".join(filter(None, said)), "")
    if "why" in facts:
        said.append(plain(str(facts["why"])))
    if "pending" in facts:
        said.append(
            f"The waiver {quoted(str(facts['pending']))} would excuse it once it is on the base branch."
        )
    return Sentence(" ".join(filter(None, said)), plain(str(facts.get("fix", ""))))


def plain(text: str) -> str:
    """What a rule's author wrote: one line that ends like a sentence, with whole code spans or none."""
    said = " ".join(CONTROL.sub(" ", text).split())
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}\u2026"
    if said.count("`") % 2:
        said = said.replace("`", "\u2019")
    return said if not said or said[-1] in ".!?\u2026" else f"{said}."


def _capital(said: str) -> str:
    """As a sentence begins; names of things keep their letters."""
    return f"{said[0].upper()}{said[1:]}" if _WORD.match(said) is not None else said


def _whose(facts: Mapping[str, Fact]) -> str:
    """`Deployment/shop` in `dev` and `prod`: for what is not in the file that one sees."""
    if "object" not in facts:
        return ""
    where = facts.get("environments", ())
    names = [quoted(str(one)) for one in where] if isinstance(where, tuple) else []
    listed = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    return f"{quoted(str(facts['object']))} in {listed}: " if listed else f"{quoted(str(facts['object']))}: "


def _others(facts: Mapping[str, Fact]) -> str:
    more, others = facts.get("more", 0), facts.get("others", ())
    if not isinstance(more, int) or not more or not isinstance(others, tuple):
        return ""
    named = ", ".join(quoted(one) for one in others[:3])
    rest = f" and {more - 3:,} more" if more > 3 else ""  # noqa: PLR2004 - as many as are named
    return f"The same for {named}{rest}." if named else f"And {more:,} more."


def _waived(facts: Mapping[str, Fact]) -> str:
    days = facts.get("days", 0)
    left = {0: "until the end of today", 1: "until tomorrow"}.get(int(str(days)), f"for {days} more days")
    return f"Waived by {quoted(str(facts['waived']))} {left}."
