"""For whom we opened a pull request: whoever asked us, as the files say that we wrote. Part of `review`.

A file that anyone else may have written says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.catalog import own
from bot.catalog.entity import Catalog, Entity
from bot.deciders.decider import Snapshot
from bot.leases.request import request_of
from bot.policy.waiver_files import REQUESTED_BY


def asked_for(snapshot: Snapshot, catalog: Catalog, paths: Collection[str]) -> str:
    """The login; empty where others may have written to it, or where not all of it is one person's.

    `catalog`: of the merge. `paths`: what it changes.
    """
    pull = snapshot.pull
    if pull is None or not pull.is_ours or not snapshot.is_untouched:
        return ""
    mine = [one for one in catalog.entities if one.path in paths]
    logins = {_asker(one) for one in mine}
    is_all = {one.path for one in mine} == set(paths)
    return logins.pop() if is_all and len(logins) == 1 else ""


def _asker(entity: Entity) -> str:
    request = request_of(entity)
    if request is not None:
        return request.requester
    if entity.kind != "Waiver" or entity.api_version != own.API_VERSION:
        return ""
    said = entity.metadata.get("annotations")
    login = said.get(REQUESTED_BY) if isinstance(said, Mapping) else ""
    return login if isinstance(login, str) else ""
