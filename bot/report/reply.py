"""The one reply to a text with commands, and the reaction that ends it: a rocket if all is done.

Named people are not mentioned, so that nobody is notified by what others write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.leases.approvals import reply_marker
from bot.model.acts import React
from bot.model.event import RepoRef
from bot.model.plan import Applied, Effect, EnsureComment, Fact, Held, Outcomes, Unchanged
from bot.model.spot import Spot
from bot.model.thread import DONE, NOT_DONE
from bot.model.told import AnswersPart, Told
from bot.report.markdown import COMMENT_LIMIT, code, join_within
from bot.report.replies import say_answer


def say_answers(repo: RepoRef, part: AnswersPart, outcomes: Outcomes) -> tuple[Effect, ...]:
    """The reply, where words are needed, and then the reaction. What was held is told as not done."""
    ends = [_end(one, outcomes) for one in part.told]
    is_done = all(done for done, _ in ends)
    marks = [one.mark for one, (done, _) in zip(part.told, ends, strict=True) if done and one.mark]
    return _said(repo, part.spot, list(_lines(part, ends)), is_done=is_done, marks=marks)


def say_failed(repo: RepoRef, spot: Spot, delivery: str, reason: str | None) -> tuple[Effect, ...]:
    """That it ends here undone. `reason`: why we may not; None where it is our own fault."""
    case, facts = ("failed", {"delivery": delivery}) if reason is None else ("refused", {"reason": reason})
    return _said(repo, spot, [f"**Not done.** {say_answer('', case, facts)}"], is_done=False)


def _said(
    repo: RepoRef, spot: Spot, lines: list[str], *, is_done: bool, marks: Sequence[str] = ()
) -> tuple[Effect, ...]:
    marker = reply_marker(spot)
    head = "\n".join([marker, *marks])
    body = join_within([head, *lines], COMMENT_LIMIT, left_out="_{n} more answers do not fit here._")
    words = (EnsureComment(repo, spot.number, marker, body),) if lines else ()
    return (*words, React(repo, spot, DONE if is_done else NOT_DONE))


def _end(told: Told, outcomes: Outcomes) -> tuple[bool, str]:
    """Whether it is done, and its words."""
    held = next((one for key in told.keys if isinstance(one := outcomes.get(key), Held)), None)
    facts: dict[str, Fact]
    if held is None:
        facts = {**told.facts, **_opened(told, outcomes)}
        return told.is_done, say_answer(told.command, told.case, facts, told.findings)
    facts = {**told.facts, "reason": held.reason, "resume": held.resume}
    return False, say_answer(told.command, "held", facts)


def _opened(told: Told, outcomes: Outcomes) -> Mapping[str, Fact]:
    """The number of the pull request that came of it, if one did."""
    ends = (outcomes.get(key) for key in told.keys if key.startswith("pull:"))
    number = next((one.ref for one in ends if isinstance(one, Applied | Unchanged)), "")
    return {"opened": number} if number.isdigit() else {}


def _lines(part: AnswersPart, ends: list[tuple[bool, str]]) -> Iterator[str]:
    """A paragraph a call. What is done without words is named only beside others that have some.

    A review bears no reaction, so its reply says all.
    """
    if part.spot.source != "review" and all(done and not words for done, words in ends):
        return
    for told, (done, words) in zip(part.told, ends, strict=True):
        is_said = not done or not words or part.spot.source == "review"
        head = [code(told.text)] if told.text else []
        head += ["**Done.**" if done else "**Not done.**"] if is_said else []
        # A block of several lines begins on a line of its own.
        joint = "\n\n" if words.startswith("```") else " "
        yield joint.join(filter(None, [" ".join(head), words]))
