"""Tests mirror the rooms of `bot/`; `tests.conformance` holds GitHub's own description against the local GitHub."""
