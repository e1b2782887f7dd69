"""What changes for each component of an environment, between two renderings: files, totals, dangers.

Part of `review`. Reads the objects only of what changed, and of that only the kinds that can be dangerous.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.catalog.entity import Catalog
from bot.catalog.yaml12 import load
from bot.kubernetes.claims import Claim
from bot.kubernetes.dangers import WATCHED, dangers
from bot.kubernetes.lasting import LASTING, staying
from bot.kubernetes.totals import totals
from bot.model.plan import ComponentChange, Danger, FileChange, Totals
from bot.model.tree import Memo
from bot.templating.deploy import is_deployed
from bot.templating.environment import Environment
from bot.templating.essence import is_harmless, kind_of
from bot.templating.names import own_names
from bot.templating.pin import PIN_FILE, pin
from bot.templating.render import RenderedComponent, Rendering

_UNKNOWN = (b"commit:", b"digest:")
"""What a pin will say besides, and nobody knows before the merge."""
_LASTING = frozenset(kind.lower() for _, kind in LASTING)


@dataclass(frozen=True)
class Side:
    """An environment before or after: what is rendered there, and from what."""

    rendering: Rendering
    catalog: Catalog
    environment: Environment | None


class _Others(NamedTuple):
    """What is claimed newly, with the folder of who does, and whose data goes, in the same change."""

    claims: tuple[tuple[str, Claim], ...]
    leaving: tuple[RenderedComponent, ...]


def component_changes(before: Side, after: Side, memo: Memo) -> tuple[ComponentChange, ...]:
    """Every component whose files change, by folder. One that fails to render keeps what it has."""
    old, new = before.rendering.components, after.rendering.components
    failed = failures(before, after)
    leaving = (one for folder, one in old.items() if folder not in new and one.ref not in failed)
    others = _Others(_newly_claimed(old, new), tuple(filter(_holds_data, leaving)))
    changes = (
        _change(folder, before, after, others, memo)
        for folder in sorted(old.keys() | new.keys())
        if folder in new or old[folder].ref not in failed
    )
    return tuple(change for change in changes if change.files)


def failures(before: Side, after: Side) -> frozenset[str]:
    """References of the components that were rendered, still want to be, and are not any more."""
    new = after.rendering.components
    return frozenset(
        one.ref
        for folder, one in before.rendering.components.items()
        if folder not in new and (entity := after.catalog.get(one.ref)) is not None and is_deployed(entity)
    )


def _newly_claimed(
    old: Mapping[str, RenderedComponent], new: Mapping[str, RenderedComponent]
) -> tuple[tuple[str, Claim], ...]:
    """Claims that a component has not had before, with its folder."""
    return tuple(
        (folder, claim)
        for folder, one in new.items()
        if one.claims and (folder not in old or one.claims != old[folder].claims)
        for claim in one.claims
    )


def _change(folder: str, before: Side, after: Side, others: _Others, memo: Memo) -> ComponentChange:
    old, new = before.rendering.components.get(folder), after.rendering.components.get(folder)
    shown, side = (new, after) if new else (old, before)
    assert shown is not None  # noqa: S101 - the folder came from one of the two
    files = _files(old, new, shown.folder)
    if not files:
        return ComponentChange(shown.ref, shown.template, shown.version, files)
    # What is new may be what left, under another name.
    former = tuple(one for one in others.leaving if one.template == shown.template) if old is None else ()
    found, left = _dangers(old, new, _answering(folder, old, new, others.claims), former, memo)
    return ComponentChange(
        shown.ref,
        shown.template,
        shown.version,
        files,
        before=old.totals if old else Totals(),
        after=(new.totals if new else Totals()) + left,
        dangers=found,
        names=_names(shown, side),
    )


def _names(shown: RenderedComponent, side: Side) -> Mapping[str, str]:
    entity = side.catalog.get(shown.ref)
    if entity is None or side.environment is None:
        return {}
    return own_names(entity, side.environment, shown.folder)


def _answering(
    folder: str,
    old: RenderedComponent | None,
    new: RenderedComponent | None,
    elsewhere: Sequence[tuple[str, Claim]],
) -> tuple[Claim, ...]:
    """What others claim newly, if this component gives something up."""
    kept = {(claim.host, claim.path) for claim in new.claims} if new else set()
    if old is None or all((claim.host, claim.path) in kept for claim in old.claims):
        return ()
    return tuple(claim for owner, claim in elsewhere if owner != folder)


def _files(
    old: RenderedComponent | None, new: RenderedComponent | None, folder: str
) -> tuple[FileChange, ...]:
    before = dict(old.files) if old else {}
    after = dict(new.files) if new else {}
    if old and new and (old.template, old.version) != (new.template, new.version):
        before[PIN_FILE], after[PIN_FILE] = _pin(old), _pin(new)
    return tuple(
        FileChange(f"{folder}/{path}", before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _pin(component: RenderedComponent) -> bytes:
    """What is known of a component's pin."""
    lines = pin(component, "", "").splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_UNKNOWN))


def _dangers(
    old: RenderedComponent | None,
    new: RenderedComponent | None,
    elsewhere: tuple[Claim, ...],
    former: tuple[RenderedComponent, ...],
    memo: Memo,
) -> tuple[tuple[Danger, ...], Totals]:
    """What is dangerous, and what the cluster keeps of what left git.

    Remembered by content, since every push to a pull request asks for them again.
    """
    before, after = (one.files if one else {} for one in (old, new))
    kinds = None if _has_moved(old, new) or _has_lost(before, after) else WATCHED
    paths = before.keys() | after.keys()
    if kinds is not None and all(is_harmless(path, before.get(path), after.get(path)) for path in paths):
        return (), Totals()
    digests = tuple(one.digest for one in former)
    key = ("dangers", old.digest if old else "", new.digest if new else "", elsewhere, digests)
    if key not in memo:
        loaded: dict[bytes, Any] = {}
        was, now = (list(_read(files, kinds, loaded)) for files in (before, after))
        leaving = [value for one in former for value in _read(one.files, _LASTING, loaded)]
        memo[key] = dangers(was, now, elsewhere, leaving), totals(staying(was, now) if kinds is None else ())
    found: tuple[tuple[Danger, ...], Totals] = memo[key]
    return found


def _holds_data(component: RenderedComponent) -> bool:
    return any(kind_of(path) in _LASTING for path in component.files)


def _has_lost(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    """Whether something goes away beside which all the rest matters."""
    return any(path not in after and kind_of(path) in WATCHED for path in before)


def _has_moved(old: RenderedComponent | None, new: RenderedComponent | None) -> bool:
    """Whether an object has changed its namespace."""
    if old is None or new is None or old.objects == new.objects:
        return False
    left, arrived = set(old.objects) - set(new.objects), set(new.objects) - set(old.objects)
    return bool(
        {one._replace(namespace="") for one in left} & {one._replace(namespace="") for one in arrived}
    )


def _read(
    files: Mapping[str, bytes], kinds: Collection[str] | None, loaded: dict[bytes, Any]
) -> Iterator[Any]:
    """The objects of these kinds. What is the same on both sides is read once."""
    for path, data in files.items():
        if kinds is None or kind_of(path) in kinds:
            if data not in loaded:
                loaded[data] = load(data.decode())
            yield loaded[data]
