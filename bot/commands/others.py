"""Words after a slash that are meant for others: never taken for a slip of the finger. A list, no more."""

from __future__ import annotations

_BOTS = """
area assign auto-cc bark build cancel-all cc cherry-pick cherrypick close cmd deploy describe done
dog duplicate good-first-issue help-wanted honk hug improve integrate joke kind label lgtm lifecycle
lock meow merge milestone move ok-to-test override ping pony priority promote publish ready rebase
release remind reopen retest retest-required retitle review reviewers rotten run shrug sig skip
snooze squash stale status tableflip test triage unassign uncc unlabel unlock update wip woof
"""
"""Of Prow and of what repos commonly have beside it."""
_FOLDERS = "boot data dev etc home proc root sbin temp tmp usr users var"
"""How sentences about paths begin."""

OTHERS = frozenset(_BOTS.split()) | frozenset(_FOLDERS.split())
