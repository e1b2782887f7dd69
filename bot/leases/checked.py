"""All that is wrong with the requests of a platform repo and with their kinds, as far as its files tell it.

Who asks, who may, and what is in force, only a pull request shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.catalog.accounts import user_of
from bot.commands.settings import command_settings
from bot.leases.judged import Around, request_findings
from bot.leases.kind import RequestKind, request_kinds
from bot.leases.manifests import NOMINAL, GrantFacts, Workshop, granted_duration, render_request, subject_of
from bot.leases.offered import kind_findings
from bot.leases.request import Request, requests
from bot.model.commands import ROLES
from bot.model.plan import Finding
from bot.templating.environment import environments


def requests_findings(workshop: Workshop, only: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Of kinds, and of requests with nominal times. `only`: paths of requests, and then no kinds."""
    catalog = workshop.catalog
    kinds = request_kinds(workshop.files, catalog, workshop.memo)
    roles = (*ROLES, *command_settings(catalog).roles)
    found = [*kind_findings(catalog, roles, workshop.files)] if only is None else []
    around = Around(catalog, kinds)
    for one in requests(catalog):
        if only is None or one.path in only:
            found += [*request_findings(one, around), *_rendered(one, kinds, workshop)]
    return tuple(found)


def _rendered(request: Request, kinds: Mapping[str, RequestKind], workshop: Workshop) -> tuple[Finding, ...]:
    catalog, kind = workshop.catalog, kinds.get(request.kind)
    environment = next((one for one in environments(catalog) if one.name == request.environment), None)
    if kind is None or environment is None:
        return ()
    # Whom it is for is who opens the pull request, where nobody is named: that is known only there.
    named = catalog.get(request.subject) if request.subject else user_of(request.requester, catalog)
    subject = named if named is not None else next(iter(catalog.of_kind("User")), None)
    lasts = granted_duration(request, kind)
    facts = GrantFacts(
        subject=subject_of(subject, ""), expires_at=NOMINAL + lasts if lasts is not None else None
    )
    return render_request(request, kind, environment, facts, workshop).findings
