"""What there is to record of a grant: who asked, who approved, when it began, grew longer and ended. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bot.leases.end import began_name, ended_name
from bot.leases.grant import Grant, stamp
from bot.leases.ledger import Entry, Said

_CLOCK = "the clock"
ENDERS: Mapping[str, str] = {
    "expired": _CLOCK,
    "late": _CLOCK,
    "removed": "its file's removal",
    "by-hand": "a push by hand",
    "broken": "Roadcrew",
    "recorded": "Roadcrew",
}
"""Who ended a grant, by why it ended, where it was no person. None of these is a login."""
_NEVER_BEGAN = frozenset({"late", "broken"})


def grant_entries(grant: Grant) -> Iterator[Entry]:
    """All lines that there are of a grant, oldest first."""
    start, end = grant.starts_at, grant.ended
    if end is None or end.because != "broken":
        said = facts_of(grant, grant.requested_by)
        yield Entry(f"grant/{grant.name}/requested", start, "requested", said)
    for login in grant.approved_by:
        yield Entry(f"grant/{grant.name}/approved/{login}", start, "approved", facts_of(grant, login))
    if end is None or end.because not in _NEVER_BEGAN:
        yield Entry(began_name(grant.name), start, "began", facts_of(grant, grant.requested_by))
    for number, one in enumerate(grant.extensions, start=1):
        more: dict[str, Said] = {"until": stamp(one.until), **({"reason": one.reason} if one.reason else {})}
        yield Entry(
            f"grant/{grant.name}/extended-{number}", one.at, "extended", facts_of(grant, one.by) | more
        )
    if end is not None:
        event = "revoked" if end.because == "revoked" else "ended"
        more = {"reason": end.reason or end.because, "until": stamp(end.at)}
        who = end.by or ENDERS.get(end.because, "")
        yield Entry(ended_name(grant.name), end.at, event, facts_of(grant, who) | more)


def untold(grant: Grant, recorded: Collection[str]) -> Iterator[Entry]:
    """Those that nobody recorded. `recorded`: names of lines; commands record what they did themselves."""
    approved = {name.rpartition("/")[2] for name in recorded if name.startswith(f"approved/{grant.pull}/")}
    for one in grant_entries(grant):
        is_known = one.event == "requested" and f"request/{grant.name}/requested" in recorded
        is_known |= one.event == "approved" and one.facts.get("who") in approved
        if one.name not in recorded and not is_known:
            yield one


def facts_of(grant: Grant, who: str) -> dict[str, Said]:
    """What a line says of a grant, without what has nothing to say. `who`: the login of who did it."""
    said: dict[str, Said] = {
        "who": who,
        "kind": grant.kind,
        "request": grant.name,
        "service": grant.service,
        "environment": grant.environment,
        "subject": grant.subject,
        "parameters": grant.parameters,
        "approvedBy": grant.approved_by,
        "onBehalfOf": grant.on_behalf_of,
        "reason": grant.reason,
        "until": stamp(grant.expires_at),
        "pull": grant.pull,
        "commit": grant.source_commit,
    }
    return {key: value for key, value in said.items() if value}
