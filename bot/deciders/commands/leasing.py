"""What people do to a grant that is in force: /revoke ends it at once, /extend lets it last longer.

Both write the branch of grants themselves, as `lease` would. What lasts, such as a database, no comment
deletes: there, /revoke opens the pull request that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.catalog.near import NameIndex
from bot.commands.duration import duration, say_duration
from bot.commands.roles import Matter, may
from bot.deciders.commands.asked import Answer, Asked, done, not_done
from bot.deciders.commands.refusals import refused
from bot.deciders.granted import Cause, Turn, write
from bot.deciders.lease_end import propose
from bot.deciders.lease_ground import Ground, ground_at, manifests
from bot.leases.begin import APPROVER, matter_of_grant
from bot.leases.end import Refusal, ended, extended
from bot.leases.grant import Grant, stamp
from bot.model.event import LeasesDue
from bot.model.plan import Effect, Enqueue

_NAMED = 5


def matters(asked: Asked) -> tuple[Matter, ...]:
    """That of the grant. Where there is none, whoever can read may hear so."""
    grant = _grant(asked)
    if isinstance(grant, Answer):
        return (Matter(approvers=("read",)),)
    kind = _ground(asked).kinds.get(grant.kind)
    approvers = kind.approvers if kind is not None else ()
    reach = kind.reach if kind is not None else "service"
    return (matter_of_grant(grant, approvers, asked.catalog, reach=reach),)


def revoke(asked: Asked) -> Answer:
    """It is over. Doing it again is told as done."""
    grant, reason = _grant(asked), asked.text("reason")
    if isinstance(grant, Answer):
        return grant
    said = grant.ended
    if said is not None:
        is_mine = (said.because, said.by, said.at) == ("revoked", asked.asker.login, _at(asked))
        return _revoked(grant) if is_mine else _over(grant)
    leases = asked.snapshot.leases
    if grant.at_end == "propose" and leases is not None:
        by = asked.asker.login
        asking = propose(grant, asked.snapshot, leases, asked.catalog, by=by, reason=reason)
        return done("proposed", *asking, name=grant.name)
    over = ended(grant, "revoked", asked.at, by=asked.asker.login, reason=reason)
    return _revoked(grant, *_effects(Turn(ended=(over,)), asked))


def extend(asked: Asked) -> Answer:
    """It lasts longer, but never past the maximum of its kind. Doing it again is told as done."""
    grant, longer = _grant(asked), duration(asked.text("duration"))
    if isinstance(grant, Answer):
        return grant
    if longer is None:
        return not_done("no-duration", duration=asked.text("duration"))
    if grant.ended is not None:
        return _over(grant)
    if any(one.command == asked.name for one in grant.extensions):
        return _extended(grant)  # by this very comment, before a restart
    if not may(asked.asker, APPROVER, asked.matter, asked.settings):
        # Whatever the Platform says of who may use the command: it is an approval of its own.
        return refused(APPROVER, asked.matter, asked)
    reason = asked.text("reason")
    more = extended(grant, asked.asker.login, asked.at, longer, reason=reason, command=asked.name)
    return _refused(grant, more) if isinstance(more, Refusal) else _rendered(more, asked)


def _rendered(grant: Grant, asked: Asked) -> Answer:
    """Its end stands in the manifests too: made from what was approved, whatever has changed since."""
    leases = asked.snapshot.leases
    source = leases.sources.get(grant.name) if leases is not None else None
    if source is None:
        return not_done("no-request", name=grant.name, kind=grant.kind)
    then, base = (ground_at(asked.snapshot, one) for one in (source.asked, source.base))
    request, kind = then.requests.get(grant.name), base.kinds.get(grant.kind)
    if request is None or kind is None:
        return not_done("no-request", name=grant.name, kind=grant.kind)
    rendered = manifests(grant, request, kind, base)
    if rendered.findings or not rendered.files:
        return not_done("unrendered", *rendered.findings, name=grant.name)
    return _extended(grant, *_effects(Turn(extended=((grant, rendered.files),)), asked))


def _effects(turn: Turn, asked: Asked) -> tuple[Effect, ...]:
    leases = asked.snapshot.leases
    if leases is None:
        return ()
    cause = Cause(asked.repo, asked.at, asked.event.delivery, asked.asker.login, asked.text("reason"))
    commit = write(turn, leases, cause)
    told = LeasesDue(delivery=f"{asked.event.delivery}/{asked.name}/told", repo=asked.repo)
    return (commit, Enqueue(told)) if commit is not None else ()


def _grant(asked: Asked) -> Grant | Answer:
    """The one that is named, or the one of this pull request; else why there is none."""
    granted, name = _ground(asked).granted, asked.text("name").strip()
    if name:
        found = granted.find(name)
        near = NameIndex(granted.grants).near(name)
        return found or not_done("unknown", name=name, near=near, usage=asked.command.usage)
    ended_ones = [one for one in granted.ended.values() if one is not None]
    here = [one for one in granted.grants.values() if one.pull == asked.number]
    here = here or [one for one in ended_ones if one.pull == asked.number]
    if len(here) == 1:
        return here[0]
    if not here:
        return not_done("none-here", usage=asked.command.usage)
    return not_done("many-here", names=tuple(one.name for one in here[:_NAMED]), usage=asked.command.usage)


def _ground(asked: Asked) -> Ground:
    return Ground(asked.snapshot, asked.catalog)


def _at(asked: Asked) -> datetime:
    return asked.at.replace(microsecond=0)


def _revoked(grant: Grant, *effects: Effect) -> Answer:
    return done("revoked", *effects, name=grant.name, environment=grant.environment)


def _extended(grant: Grant, *effects: Effect) -> Answer:
    return done("extended", *effects, name=grant.name, until=stamp(grant.expires_at))


def _over(grant: Grant) -> Answer:
    said = grant.ended
    return not_done("over", name=grant.name, at=stamp(said.at if said else grant.expires_at))


def _refused(grant: Grant, why: Refusal) -> Answer:
    if why.case == "over":
        return _over(grant)
    if why.latest is None or grant.expires_at is None:
        return not_done("lasting", name=grant.name)
    left = why.latest - grant.expires_at
    case = "latest" if left > timedelta() else "latest-now"
    return not_done(case, name=grant.name, latest=stamp(why.latest), left=say_duration(left))


LEASING: Mapping[str, Callable[[Asked], Answer]] = {"revoke": revoke, "extend": extend}
"""By the name of the command."""
