"""Which objects a Gatekeeper constraint is about. From gatekeeper's pkg/mutation/match/match.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.policy.admission.resources import resource_of
from bot.policy.admission.selectors import selects
from bot.policy.rego.review import kind_of, metadata_of, subject
from bot.policy.verdict import Json, Request


class Unknown(Exception):
    """It cannot be said: what it depends on is not known here. The text says what."""


def is_matched(match: Mapping[str, Json], request: Request, namespaces: Mapping[str, Json]) -> bool:
    """Whether `spec.match` takes the request. `namespaces`: those that are known, by name. Raises Unknown."""
    about = subject(request)
    if not about or match.get("source") == "Generated":
        return False
    return (
        _takes_kind(match.get("kinds") or (), about)
        and _takes_scope(match.get("scope"), about)
        and _takes_namespace(match, about)
        and _takes_name(match.get("name"), about)
        and _takes_labels(match.get("labelSelector"), request)
        and _takes_namespace_labels(match.get("namespaceSelector"), request, namespaces)
    )


def _takes_kind(kinds: Sequence[Mapping[str, Json]], about: Mapping[str, Json]) -> bool:
    own = kind_of(about)
    return not kinds or any(
        _lists(one.get("kinds"), own["kind"]) and _lists(one.get("apiGroups"), own["group"]) for one in kinds
    )


def _lists(names: Sequence[str] | None, name: str) -> bool:
    return not names or "*" in names or name in names


def _is_namespace(about: Mapping[str, Json]) -> bool:
    return about.get("kind") == "Namespace" and about.get("apiVersion") == "v1"


def _space(about: Mapping[str, Json]) -> str | None:
    """The namespace that it is in, or is; None for what is cluster-wide."""
    metadata = metadata_of(about)
    if _is_namespace(about):
        return str(metadata.get("name", ""))
    if metadata.get("namespace"):
        return str(metadata["namespace"])
    return "default" if resource_of(about).is_namespaced else None


def _takes_scope(scope: Json, about: Mapping[str, Json]) -> bool:
    if scope not in {"Cluster", "Namespaced"}:
        return True
    is_namespaced = _space(about) is not None and not _is_namespace(about)
    return is_namespaced is (scope == "Namespaced")


def _takes_namespace(match: Mapping[str, Json], about: Mapping[str, Json]) -> bool:
    space = _space(about)
    if space is None:
        return True
    wanted, unwanted = match.get("namespaces") or (), match.get("excludedNamespaces") or ()
    if wanted and not any(_fits(one, space) for one in wanted):
        return False
    return not any(_fits(one, space) for one in unwanted)


def _takes_name(pattern: Json, about: Mapping[str, Json]) -> bool:
    metadata = metadata_of(about)
    name = metadata.get("name") or metadata.get("generateName") or ""
    return not pattern or _fits(str(pattern), str(name))


def _fits(pattern: str, name: str) -> bool:
    """Gatekeeper's wildcards: `*` in front, behind, or both."""
    text = str(pattern)
    if text.startswith("*") and text.endswith("*") and len(text) > 1:
        return text[1:-1] in name
    if text.startswith("*"):
        return name.endswith(text[1:])
    return name.startswith(text[:-1]) if text.endswith("*") else name == text


def _takes_labels(selector: Json, request: Request) -> bool:
    """Of the new object or the old one."""
    if not selector:
        return True
    both = (one for one in (request.object, request.old_object) if isinstance(one, Mapping))
    return any(selects(selector, metadata_of(one).get("labels")) for one in both)


def _takes_namespace_labels(selector: Json, request: Request, namespaces: Mapping[str, Json]) -> bool:
    about = subject(request)
    space = _space(about)
    if not selector or space is None:
        return True
    if _is_namespace(about):
        return selects(selector, metadata_of(about).get("labels"))
    known = request.namespace_object if request.namespace_object is not None else namespaces.get(space)
    if not isinstance(known, Mapping):
        raise Unknown(f"it depends on the labels of namespace {space}, which are not known")
    return selects(selector, metadata_of(known).get("labels"))
