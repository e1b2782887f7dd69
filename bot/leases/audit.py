"""Who could do what when, asked of git alone: the ledger's lines, and what the branch of grants tells.

Pure: it gets trees and commits, and knows no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.leases.end import began_name, ended_name
from bot.leases.ledger import Entry, Said, all_entries
from bot.leases.records import ENDERS, untold
from bot.leases.standing import standing
from bot.model.tree import Tree


@dataclass(frozen=True)
class Made:
    """A commit of the branch of grants, as far as its message tells."""

    sha: str
    at: datetime
    trailers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """Which entries are wanted; empty: all. `until` itself is left out. Names are compared without case."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    """A login or a user's reference: who did it, who got it, who approved it, or was acted for."""
    service: str = ""


def told(ledger: Tree | None, grants: Tree | None, log: Iterable[Made] = ()) -> tuple[Entry, ...]:
    """All that is known, oldest first, each once.

    What the ledger lost is told by the grants' own documents; and what those lost, by the commits' trailers.
    """
    found = {one.name: one for one in all_entries(ledger)}
    recorded, there = frozenset(found), standing(grants)
    for grant in (*there.grants.values(), *filter(None, there.ended.values())):
        found |= {one.name: one for one in untold(grant, recorded)}
    for made in log:
        for entry in _trailed(made):
            found.setdefault(entry.name, entry)
    return tuple(sorted(found.values(), key=_order))


_LIFE = ("requested", "approved", "break-glass", "began", "extended", "revoked", "ended")


def _order(entry: Entry) -> tuple[datetime, int, str]:
    """What happened in the same second, in the order of a grant's life."""
    rank = _LIFE.index(entry.event) if entry.event in _LIFE else len(_LIFE)
    return entry.at, rank, entry.name


def _trailed(made: Made) -> Iterator[Entry]:
    """Of a commit about several grants only which they are is certain; of one, who and why too."""
    for key, event, name_of in (("Began", "began", began_name), ("Ended", "ended", ended_name)):
        names = _names(made.trailers.get(key, ""))
        for name in names:
            yield Entry(name_of(name), made.at, event, _facts(made, event, name, is_alone=len(names) == 1))


def _facts(made: Made, event: str, name: str, *, is_alone: bool) -> Mapping[str, Said]:
    said: dict[str, Said] = {"request": name, "commit": made.sha}
    if is_alone:
        trailers = made.trailers
        who = trailers.get("By") or _who(event, trailers)
        said |= {"who": who.removeprefix("@"), "reason": trailers.get("Reason", "")}
        if what := trailers.get("Parameters", ""):
            said["parameters"] = tuple(what.split(", "))
        said |= {
            "approvedBy": tuple(one.removeprefix("@") for one in _names(trailers.get("Approved-By", "")))
        }
    return {key: value for key, value in said.items() if value}


def _who(event: str, trailers: Mapping[str, str]) -> str:
    """Where nobody commanded it."""
    if event == "began":
        return trailers.get("Requested-By", "")
    return ENDERS.get(trailers.get("Because", ""), "")


def _names(text: str) -> list[str]:
    return [name for one in text.split(",") if (name := one.strip()) and name != "..."]


def answering(entries: Iterable[Entry], question: Question) -> tuple[Entry, ...]:
    """Those that the question is about, in their order."""
    return tuple(one for one in entries if _is_meant(one, question))


def _is_meant(entry: Entry, question: Question) -> bool:
    if question.since is not None and entry.at < question.since:
        return False
    if question.until is not None and entry.at >= question.until:
        return False
    if question.service and not _is_called(entry.text("service"), question.service):
        return False
    return not question.who or any(_is_called(one, question.who) for one in _people(entry))


def _people(entry: Entry) -> Iterator[str]:
    for key in ("who", "subject", "onBehalfOf"):
        yield entry.text(key)
    approved = entry.facts.get("approvedBy", ())
    yield from approved if isinstance(approved, tuple) else [str(approved)]


def _is_called(value: str, name: str) -> bool:
    """A reference is also called by its last part: `checkout` for `component:default/checkout`."""
    value, name = value.lower(), name.lower().removeprefix("@")
    return bool(value) and (name == value or name == value.rpartition("/")[2] or _short(value) == name)


def _short(ref: str) -> str:
    """`component:checkout` for `component:default/checkout`."""
    kind, colon, rest = ref.partition(":")
    return f"{kind}:{rest.removeprefix('default/')}" if colon else ref
