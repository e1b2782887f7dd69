"""Answers to /plan, /retry, /hold and /unhold: mostly none, as check and comment speak for themselves."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.replies.wording import Wording

WORDS: Mapping[str, Mapping[str, Wording]] = {
    "unhold": {"not-held": "This pull request is not held."},
}
