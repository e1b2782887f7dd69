"""Answers to /revoke and /extend."""

from __future__ import annotations

from collections.abc import Mapping

from bot.leases.grant import read_stamp
from bot.report.moments import when
from bot.report.replies.wording import Facts, Wording, fill, with_near


def _timed(sentence: str) -> Wording:
    """Times stand in it as people read them."""

    def wording(facts: Facts) -> str:
        shown = {
            key: when(read_stamp(value)) or value if isinstance(value, str) else value
            for key, value in facts.items()
        }
        return fill(sentence, shown)

    return wording


_SHARED: Mapping[str, Wording] = {
    "unknown": with_near(
        "There is no grant {name}. It is written {usage}.",
        "`roadcrew grants` in a clone of this repository lists what is in force.",
    ),
    "none-here": "No grant came of this thread. Say which one: `{usage:plain}`",
    "many-here": "Several grants came of this thread: {names:list}. Say which one: `{usage:plain}`",
    "over": _timed("{name} is over since {at:plain}. Who still needs it asks anew, under another name."),
}
WORDS: Mapping[str, Mapping[str, Wording]] = {
    "revoke": {
        **_SHARED,
        "revoked": "Revoked: {name} is gone from {environment}, and never comes back under this name.",
        "proposed": (
            "{name} is something that lasts, so no comment deletes it. A pull request that does is open: "
            "who merges it ends it."
        ),
    },
    "extend": {
        **_SHARED,
        "extended": _timed("{name} lasts until {until:plain} now."),
        "no-duration": "{duration} is no time. Write it like 30m, 2h or 1d.",
        "lasting": "{name} has no end of its own: it lasts until its file is removed from the catalog.",
        "latest": _timed("{name} can last until {latest:plain} at most: {left:plain} longer than now."),
        "latest-now": _timed(
            "{name} lasts until {latest:plain} already, which is the most for its kind. Who needs it for "
            "longer asks anew, under another name."
        ),
        "no-request": "The request or the kind of {name} is gone from the catalog, so it cannot last longer.",
        "unrendered": "{name} cannot last longer, because its template does not render it any more:",
    },
}
