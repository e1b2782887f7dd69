"""What people read in answer to commands: one comment for one text, whatever it held.

Words are found by command and case; where a command has none of its own for a case, the common ones say it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.plan import Fact, Finding
from bot.report.markdown import code, prose
from bot.report.replies import asking, common, deciding, leasing, requesting, working
from bot.report.replies.wording import Wording, fill
from bot.report.sentences import say

WORDS: Mapping[str, Mapping[str, Wording]] = {
    **asking.WORDS,
    **working.WORDS,
    **deciding.WORDS,
    **requesting.WORDS,
    **leasing.WORDS,
}
"""By command and case. A text is a sentence: facts stand in it as in `bot/report/sentences/words.py`, and all
of it is escaped. A function makes Markdown of the facts, and escapes them itself."""
_FINDINGS = 5


def say_answer(command: str, case: str, facts: Mapping[str, Fact], findings: tuple[Finding, ...] = ()) -> str:
    """Markdown: what came of one call. Empty for the case "": there, the reaction says it all."""
    if not case:
        return ""
    wording = WORDS.get(command, {}).get(case) or common.WORDS[case]
    said = wording(facts) if callable(wording) else fill(wording, facts)
    return "\n".join([said, *_listed(findings)])


def _listed(findings: tuple[Finding, ...]) -> list[str]:
    if not findings:
        return []
    lines = [f"- {_finding(one)}" for one in findings[:_FINDINGS]]
    if len(findings) > _FINDINGS:
        lines.append(f"- _and {len(findings) - _FINDINGS:,} more: see the check_")
    return ["", *lines]


def _finding(finding: Finding) -> str:
    sentence = say(finding)
    place = code(f"{finding.path}:{finding.line}" if finding.line else finding.path)
    said = prose(" ".join(filter(None, [sentence.message, sentence.fix])))
    return f"{place} {said} {code(finding.rule)}"
