"""The default branch as grants are judged by it: who is who, what a kind allows, what is asked for.

Part of `lease`. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.catalog.accounts import login_of
from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.commands.settings import CommandSettings, command_settings
from bot.deciders.decider import Snapshot
from bot.leases.begin import subject_ref
from bot.leases.clashes import Holding, clashes, granted, held
from bot.leases.grant import Grant
from bot.leases.kind import RequestKind, request_kinds
from bot.leases.manifests import GrantFacts, RenderedRequest, Workshop, render_request, subject_of
from bot.leases.request import Request, requests
from bot.leases.standing import Standing, standing
from bot.model.plan import Finding
from bot.model.tree import Tree
from bot.templating.environment import environments


@dataclass(frozen=True)
class Ground:
    """The default branch as it is now: it says who is who, and what a kind allows."""

    snapshot: Snapshot = field(repr=False)
    catalog: Catalog = field(repr=False)

    @cached_property
    def settings(self) -> CommandSettings:
        return command_settings(self.catalog)

    @cached_property
    def kinds(self) -> Mapping[str, RequestKind]:
        tree = self.snapshot.tip_tree
        return request_kinds(tree, self.catalog, self.snapshot.memo) if tree is not None else {}

    @cached_property
    def granted(self) -> Standing:
        """What stands on the branch of grants as we left it."""
        leases = self.snapshot.leases
        return standing(leases.left if leases is not None else None, self.snapshot.memo)

    @cached_property
    def requests(self) -> Mapping[str, Request]:
        """By name."""
        return {one.name: one for one in requests(self.catalog)}

    def subject_of(self, request: Request, requester: str) -> str:
        """Whom it is for. `requester`: the login of who asks."""
        return subject_ref(request, requester, self.catalog)

    def is_requested(self, grant: Grant) -> bool:
        """Whether its request stands. A file that cannot be read is no reason to end what it asks for."""
        tree = self.snapshot.tip_tree
        if tree is None or grant.name in self.requests:
            return True
        here = [one for one in self.catalog.entities if one.path == grant.request]
        if tree.entry(grant.request) is None:
            return False
        return not here or any(one.kind == "Request" and one.name == grant.name for one in here)


def ground_of(snapshot: Snapshot) -> Ground:
    """Of the tip; an empty catalog where there is none."""
    if snapshot.tip_tree is None:
        return Ground(snapshot, Catalog(()))
    return Ground(snapshot, check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog)


def ground_at(snapshot: Snapshot, tree: Tree) -> Ground:
    """Of another commit of the default branch; what is granted is that of now."""
    return ground_of(replace(snapshot, tip_tree=tree))


def taken(
    request: Request, files: Mapping[str, bytes], ground: Ground, besides: Iterable[Holding] = ()
) -> tuple[Finding, ...]:
    """What it would take that others have in its environment now. `besides`: what begins along with it."""
    snapshot, catalog = ground.snapshot, ground.catalog
    environment = next((one for one in environments(catalog) if one.name == request.environment), None)
    if environment is None or snapshot.tip_tree is None:
        return ()
    workshop = Workshop(snapshot.tip_tree, catalog, snapshot.run, snapshot.schemas, snapshot.memo)
    left = snapshot.leases.left if snapshot.leases is not None else None
    there = granted(environment, ground.granted, left, workshop)
    return clashes(request, files, [*held(environment, workshop), *there, *besides], environment)


def manifests(grant: Grant, request: Request, kind: RequestKind, ground: Ground) -> RenderedRequest:
    """What stands beside the grant's document: rendered from the default branch as the ground has it."""
    snapshot, catalog = ground.snapshot, ground.catalog
    environment = next((one for one in environments(catalog) if one.name == grant.environment), None)
    if environment is None or snapshot.tip_tree is None:
        return RenderedRequest()
    user = catalog.get(grant.subject)
    facts = GrantFacts(
        subject=subject_of(user, login_of(user) if user is not None else ""),
        requested_by=grant.requested_by,
        approved_by=grant.approved_by,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        pull=grant.url,
        is_break_glass=grant.is_break_glass,
    )
    workshop = Workshop(snapshot.tip_tree, catalog, snapshot.run, snapshot.schemas, snapshot.memo)
    return render_request(request, kind, environment, facts, workshop)
