"""Findings to words: each rule has a title, a message and a fix. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.plan import Finding
from bot.report.sentences import catalog, policy, removed, requests, templating, yaml
from bot.report.sentences.words import Sentence, Words, put

__all__ = ["RULES", "Sentence", "Words", "say"]

RULES: Mapping[str, Words] = {
    **yaml.WORDS,
    **catalog.WORDS,
    **templating.WORDS,
    **removed.WORDS,
    **policy.WORDS,
    **requests.WORDS,
}
"""All rules by id, each room's from its own file."""


def say(finding: Finding) -> Sentence:
    """What is wrong and what to do next. Code spans hold whatever people wrote."""
    words = RULES.get(finding.rule)
    if "message" in finding.facts and words is None:
        return policy.say(finding)
    if words is None:
        return Sentence(f"This breaks the rule `{finding.rule}`.", "")
    return put(words, finding.facts)
