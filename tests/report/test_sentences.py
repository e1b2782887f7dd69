"""Every rule has words, every fact that they name is given, and nothing that people wrote leaves its code span.

After changing words: `ROADCREW_UPDATE_GOLDEN=1 pytest tests/report/test_sentences.py`, then read the diff.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.check import check
from bot.model.plan import Finding, Severity
from bot.model.rules import BUILT_IN
from bot.report.sentences import RULES, Words, catalog, policy, removed, requests, say, templating, yaml
from tests.shelf import Shelf

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "sentences.txt"
_FIELD = re.compile(r"(?<!\{)\{(\w+)")
MINE = sorted({*catalog.WORDS, *yaml.WORDS})
"""The rules of the catalog room. Other rooms have tests of their own."""
EXAMPLES: Mapping[str, Any] = {
    "branch": "env/dev",
    "chain": ("group:default/a", "group:default/b", "group:default/a"),
    "code": "0xE9",
    "count": 3,
    "environment": "test",
    "expected": "a string",
    "field": "spec.owner",
    "first": "catalog/a.yaml",
    "found": "tema",
    "got": "my cart",
    "holder": "dev",
    "key": "type",
    "kind": "Component",
    "limit": 1_048_576,
    "login": "developer",
    "name": "$text",
    "near": ("team-a", "team-b"),
    "order": 1,
    "other": "user:default/other",
    "reason": "did not find expected key",
    "ref": "group:default/tema",
    "severity": "off",
    "size": 10_000_000,
    "tag": "!env",
    "target": "./openapi.json",
    "user": "user:default/developer",
    "wanted": "catalog/openapi.json",
    "where": "catalog/a.yaml:3:1",
}


def test_every_rule_that_may_be_named_has_words_and_the_reverse() -> None:
    assert set(RULES) == BUILT_IN


def test_no_two_rooms_speak_for_one_rule() -> None:
    rooms = [yaml.WORDS, catalog.WORDS, templating.WORDS, removed.WORDS, policy.WORDS, requests.WORDS]
    assert sum(map(len, rooms)) == len(RULES)


def _written_rules() -> set[str]:
    """Rule ids as they stand in the code of the catalog room."""
    known_prefixes = {rule.partition("-")[0] for rule in MINE}
    found = set()
    for path in (ROOT / "bot" / "catalog").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                prefix, dash, _ = node.value.partition("-")
                if dash and prefix in known_prefixes and re.fullmatch(r"[a-z-]+", node.value):
                    found.add(node.value)
    return found


def test_every_rule_id_in_the_catalog_room_has_words() -> None:
    assert _written_rules() == set(MINE)


def _texts(words: Words) -> list[str]:
    return [words.message, words.fix, words.near, *(text for case in words.cases.values() for text in case)]


@pytest.mark.parametrize("rule", MINE)
def test_words_are_short_and_end_like_sentences(rule: str) -> None:
    words = RULES[rule]
    assert len(words.title) < 60
    assert not words.title.endswith(".")
    for text in filter(None, _texts(words)):
        assert len(text) < 230, text
        assert text[-1] in ".?", text
        assert not set(_FIELD.findall(text)) - set(EXAMPLES), text


def _golden() -> str:
    blocks = []
    for rule in MINE:
        words = RULES[rule]
        lines = [rule, f"  {words.title}"]
        variants: list[dict[str, Any]] = [{}, *({"case": case} for case in words.cases)]
        for extra in variants:
            facts = {**EXAMPLES, "near": (), **extra}
            lines += _said(rule, facts, extra.get("case", ""))
        if words.near:
            lines += _said(rule, EXAMPLES, "near")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _said(rule: str, facts: Mapping[str, Any], variant: str) -> list[str]:
    sentence = say(Finding(rule, Severity.DENY, "a.yaml", facts=facts))
    head = f"  [{variant}] " if variant else "  "
    return [f"{head}{sentence.message}", *([f"    {sentence.fix}"] if sentence.fix else [])]


def test_the_sentences_are_those_that_were_read_and_agreed() -> None:
    if os.environ.get("ROADCREW_UPDATE_GOLDEN"):
        GOLDEN.write_text(_golden())
    assert _golden() == GOLDEN.read_text()


def test_an_unknown_rule_is_still_a_sentence() -> None:
    assert say(Finding("acme-rule", Severity.WARN, "a.yaml")).message == "This breaks the rule `acme-rule`."


_HOSTILE = st.text(alphabet="`@[]()<>{}!*_#|\\\n\r\t\u202e\u200b\x00\x1bab :/", max_size=60)


@settings(deadline=None)
@given(st.sampled_from(sorted(RULES)), _HOSTILE)
def test_promise_6_what_people_wrote_stays_in_code_spans(rule: str, text: str) -> None:
    facts = dict.fromkeys(EXAMPLES, text) | {"case": text}
    sentence = say(Finding(rule, Severity.DENY, "a.yaml", facts=facts))
    for said in (sentence.message, sentence.fix):
        assert said.count("`") % 2 == 0
        assert not re.search(r"[\x00-\x1f\u200b\u202e]", said)
        bare = re.sub(r"`[^`]*`", "", said)
        # `{fact:plain}` is for words of ours; a hostile one still cannot open a span or break a line.
        assert "\n" not in bare


def test_long_values_are_cut() -> None:
    files = {
        "catalog/a.yaml": f"apiVersion: backstage.io/v1alpha1\nkind: {'K' * 5000}\nmetadata: {{name: a}}\n"
    }
    for finding in check(Shelf(files)).findings:
        assert len(say(finding).message) < 600


def test_every_finding_of_a_messy_catalog_has_all_its_facts() -> None:
    files = {
        "catalog/a.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a b, tags: [A], x: 1}\n"
        "spec: {owner: nobody, lifecycle: true, dependsOn: [a, ':'], <<: {type: a}}\nrelations: []\n",
        "catalog/b.yaml": "a: [\n",
        "catalog/c.yaml": "a:\n\tb: 1\n",
        "catalog/d.yaml": "a: 1\na: 2\n",
        "catalog/e.yaml": "- a\n---\nb: 1\n",
        "catalog/f.yaml": "apiVersion: roadcrew.dev/v1\nkind: Environment\nmetadata: {name: a}\nspec: {branch: x, y: 1}\n",
        "rules/g.yaml": "apiVersion: roadcrew.dev/v1\nkind: Rule\nmetadata: {name: yaml-tab}\nspec: {severity: no}\n",
        "catalog/h.yaml": "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: h}\n"
        "spec: {type: t, lifecycle: l, owner: nobody, definition: {$text: ./no}}\n",
    }
    findings = check(Shelf(files)).findings
    assert len(findings) > 15
    for finding in findings:
        sentence = say(finding)
        assert "\u2026" not in sentence.message.replace('`"\u2026"`', ""), finding
        assert "{" not in sentence.message + sentence.fix, finding
