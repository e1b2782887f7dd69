"""The shape of a reply's words, for all files of this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.model.plan import Fact

Wording = str | Callable[[Mapping[str, Fact]], str]
"""A sentence with `{facts}`, or a function from the facts to Markdown."""
