"""Every answer is a sentence that was read and agreed, and nothing that people wrote pings or formats in it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.acts import React
from bot.model.event import RepoRef
from bot.model.plan import EnsureComment, Finding, Severity
from bot.model.spot import Spot
from bot.model.told import AnswersPart, Told
from bot.report.markdown import COMMENT_LIMIT
from bot.report.replies import WORDS, common, say_answer
from bot.report.replies.wording import people
from bot.report.reply import reply_marker, say_answers, say_failed

REPO = RepoRef(owner="acme", name="platform")
SPOT = Spot(7, "comment", 5)
FACTS = {
    "at": "1a2b3c4",
    "candidates": ("api:default/cart", "component:default/cart"),
    "command": "approve",
    "delivery": "d/run",
    "examples": ("/hold",),
    "head": "0123456789ab",
    "missing": 1,
    "more": 2,
    "name": "cart",
    "near": ("cart", "card"),
    "other": "unhold",
    "paths": ("catalog/cart.yaml",),
    "place": "catalog/cart.yaml:8",
    "reason": "the branch has moved",
    "resume": "look again",
    "says": ("Lists commands.",),
    "seen": "fedcba987654",
    "text": "component:default/cart is owned by group:default/team",
    "usage": "/hold [--reason TEXT]",
    "usages": ("/help [COMMAND]",),
    "value": "TEXT",
    "wanted": 2,
    "addresses": ("who@knows.example",),
    "who": ("login:reviewer", "group:group:default/team", "team:acme/security", "permission:write"),
    "words": ("now",),
}
MINE = ("help", "explain", "owner", "dependents", "unhold", "approve", "deny", "cancel")
CASES = [("", case) for case in sorted(common.WORDS)]
CASES += [(command, case) for command in MINE for case in sorted(WORDS[command])]
ALL = CASES + [(command, case) for command in WORDS if command not in MINE for case in WORDS[command]]


def facts_of(command, case):
    match command, case:
        case "help", "one":
            return {**FACTS, "says": "Lists commands.", "words": ("--reason: Why, for the record.",)}
        case "", "overtaken":
            return {**FACTS, "who": "second"}
    return FACTS


def _bare(facts):
    """Without what may be missing."""
    who = facts["who"] if isinstance(facts["who"], str) else ()
    return {**facts, "near": (), "who": who, "resume": ""}


def test_the_answers_are_those_that_were_read_and_agreed(golden):
    blocks = []
    for command, case in CASES:
        for facts in (
            facts_of(command, case),
            _bare(facts_of(command, case)),
        ):
            said = say_answer(command, case, facts)
            if said not in blocks:
                blocks.append(said)
    golden("replies.md", "\n\n---\n\n".join(blocks) + "\n")


@pytest.mark.parametrize(("command", "case"), CASES)
def test_promise_10_answers_are_short_sentences(command, case):
    said = say_answer(command, case, facts_of(command, case))
    assert said
    assert "\u2026" not in said, "a fact is missing"
    if "\n" not in said:
        assert len(said) < 400
        assert said[-1] in ".?:`", said


HOSTILE = st.text(alphabet="`@[]()<>{}!*_#|\\\n\r\t\u202e\u200b\x00\x1b/ab :.-~", max_size=40)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(ALL), HOSTILE)
def test_promise_6_what_people_wrote_neither_pings_nor_formats(which, text):
    command, case = which
    facts = {key: (text,) if isinstance(value, tuple) else text for key, value in FACTS.items()}
    facts |= {"missing": 1, "more": 1, "wanted": 2}
    said = say_answer(command, case, facts | ({"says": text} if case == "one" else {}))
    fenced = re.sub(r"(?ms)^(`{3,})[a-z]*\n.*?^\1$", "", said)
    outside = re.sub(r"`[^`\n]*`", "", fenced)
    assert not re.search(r"@[A-Za-z]", outside), said
    assert not re.search(r"(?<!\\)[<\[]", outside.replace("](", "")), said


def test_who_could_is_named_and_not_mentioned():
    assert people(FACTS["who"]) == (
        "`reviewer`, the members of `group:default/team`, the members of the team `acme/security` or everyone with "
        "`write` permission"
    )
    assert people([f"login:one{n}" for n in range(10)]).endswith("`one7` or 2 more")


def finding(n):
    return Finding("pull-held", Severity.DENY, f"catalog/{n}.yaml", n)


def test_findings_are_listed_the_first_few():
    said = say_answer("approve", "denied", {}, tuple(map(finding, range(9))))
    assert said.count("\n- ") == 6
    assert said.endswith("- _and 4 more: see the check_")


def reply(*told, source="comment"):
    part = AnswersPart(Spot(7, source, 5), told)
    return say_answers(REPO, part, {})


def test_one_comment_and_then_the_end():
    comment, end = reply(
        Told("hold", "/hold", True), Told("owner", "/owner x", False, "no-entity", {"name": "x"})
    )
    assert isinstance(comment, EnsureComment)
    assert comment.marker == reply_marker(SPOT) == "<!-- roadcrew:reply comment-5 -->"
    assert comment.body.startswith(comment.marker)
    assert end == React(REPO, SPOT, "confused")


def test_a_description_has_no_number_of_its_own():
    assert reply_marker(Spot(7, "description")) == "<!-- roadcrew:reply description-7 -->"


def test_very_many_long_answers_fit_into_one_comment():
    told = [Told("owner", f"/owner {n}", True, "text", {"text": "owner\n" * 100 * n}) for n in range(1, 22)]
    comment, end = reply(*told)
    assert len(comment.body) <= COMMENT_LIMIT
    assert end.content == "rocket"


def test_what_failed_says_whose_fault_it_is():
    ours, _ = say_failed(REPO, SPOT, "d", None)
    assert "fault in Roadcrew, and not yours" in ours.body
    theirs, end = say_failed(REPO, SPOT, "d", "the App may not write here")
    assert "The App may not write here." in theirs.body
    assert end.content == "confused"
