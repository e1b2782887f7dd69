"""Label selectors: whether one takes these labels. Source: LabelSelectorAsSelector of apimachinery."""

from __future__ import annotations

from collections.abc import Mapping

from bot.kubernetes.identity import Object, at, items, text, texts


def matches(selector: object, labels: Mapping[str, object]) -> bool:
    """Whether a LabelSelector takes these labels. An empty one takes all, none at all takes nothing."""
    if not isinstance(selector, Mapping):
        return False
    return has_labels(labels, at(selector, "matchLabels")) and all(
        _meets(labels, one) for one in items(selector, "matchExpressions")
    )


def has_labels(labels: Mapping[str, object], wanted: object) -> bool:
    """Whether all wanted labels are there, as a Service's selector means it."""
    pairs = wanted.items() if isinstance(wanted, Mapping) else ()
    return all(key in labels and labels[key] == value for key, value in pairs)


def _meets(labels: Mapping[str, object], expression: Object) -> bool:
    key, values = text(expression, "key"), texts(expression, "values")
    match text(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
