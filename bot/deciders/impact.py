"""What a pull request changes that many components are rendered from. Part of `review`; renders nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bot.catalog.entity import Catalog, Entity
from bot.model.plan import Cause
from bot.templating.environment import environments
from bot.templating.template import manifests_folder, shared_folder, templates


def causes(before: Catalog, after: Catalog, touched: Collection[str]) -> tuple[Cause, ...]:
    """Templates, their shared files, Environments and the Platform, as far as renders depend on them.

    A new template is none: nobody was rendered from it. `touched`: the paths that change.
    """
    return (*_shared(after, touched), *_templates(before, after, touched), *_settings(before, after))


def _shared(catalog: Catalog, touched: Collection[str]) -> Iterator[Cause]:
    folders = tuple({f"{shared_folder(one)}/" for one in templates(catalog).values()})
    if any(path.startswith(folders) for path in touched):
        yield Cause("shared")


def _templates(before: Catalog, after: Catalog, touched: Collection[str]) -> Iterator[Cause]:
    old, new = templates(before), templates(after)
    for name in sorted(old):
        was, now = old[name], new.get(name)
        folders = {f"{manifests_folder(one)}/" for one in (was, now) if one is not None}
        is_rewritten = now is None or (was.spec, was.metadata) != (now.spec, now.metadata)
        if is_rewritten or any(path.startswith(tuple(folders)) for path in touched):
            yield Cause("template", name, _version(was), _version(now) if now else "")


def _version(template: Entity) -> str:
    version = template.spec.get("version")
    return version if isinstance(version, str) else ""


def _settings(before: Catalog, after: Catalog) -> Iterator[Cause]:
    for kind in ("environment", "platform"):
        old, new = _by_name(before, kind), _by_name(after, kind)
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name), new.get(name)
            if (was and was.spec) != (now and now.spec):
                branches = _branches(name, before, after) if kind == "environment" else ("", "")
                yield Cause(kind, name, *branches)


def _branches(name: str, before: Catalog, after: Catalog) -> tuple[str, str]:
    """Those that an environment moves from and to; empty where it stays, comes or goes."""
    sides = ({one.name: one.branch for one in environments(side)} for side in (before, after))
    was, now = (branches.get(name, "") for branches in sides)
    return (was, now) if was and now and was != now else ("", "")


def _by_name(catalog: Catalog, kind: str) -> Mapping[str, Entity]:
    return {one.name: one for one in catalog.of_kind(kind) if catalog.get(one.ref) is one}
