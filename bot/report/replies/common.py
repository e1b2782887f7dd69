"""Refusals and ends that any command can have. Short, kind, and with what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.replies.wording import Wording

WORDS: Mapping[str, Wording] = {
    "held": "{reason:plain} {resume:plain}",
}
