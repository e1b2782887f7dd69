"""The `Key: value` lines that end a commit's message. Values cannot make lines of their own."""

from __future__ import annotations

from collections.abc import Iterable


def trailer_lines(trailers: Iterable[tuple[str, str]]) -> str:
    """One line each, without a newline at the end. What people wrote is folded into its line."""
    return "\n".join(f"{key}: {' '.join(value.split())}" for key, value in trailers)


def message_of(subject: str, trailers: Iterable[tuple[str, str]]) -> str:
    """A whole commit message, newline at its end."""
    lines = trailer_lines(trailers)
    return f"{subject}\n\n{lines}\n" if lines else f"{subject}\n"
