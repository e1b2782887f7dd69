"""What objects ask for in words, such as `CPU 400m → 800m`. Says only what changes."""

from __future__ import annotations

from bot.model.plan import Totals

_CORE = 1000
_UNITS = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"))


def asks(before: Totals, after: Totals) -> list[str]:
    """One piece for each resource that changes, in the order in which people ask."""
    replicas = _moved(
        _range(str(before.least_replicas), str(before.most_replicas)),
        _range(str(after.least_replicas), str(after.most_replicas)),
    )
    pieces = [
        replicas and f"{replicas} replicas",
        _named("CPU", cpus(before.least_cpu, before.most_cpu), cpus(after.least_cpu, after.most_cpu)),
        _named(
            "memory",
            _range(amount(before.least_memory), amount(before.most_memory)),
            _range(amount(after.least_memory), amount(after.most_memory)),
        ),
        _named("storage", amount(before.storage), amount(after.storage)),
    ]
    return [piece for piece in pieces if piece]


def _named(name: str, before: str, after: str) -> str:
    moved = _moved(before, after)
    return f"{name} {moved}" if moved else ""


def _moved(before: str, after: str) -> str:
    return f"{before} → {after}" if before != after else ""


def _range(least: str, most: str) -> str:
    return least if least == most else f"{least}\u2013{most}"


def cpus(least: int, most: int) -> str:
    """Thousandths of a core as Kubernetes writes them: `400m`, `1.5`, a range where both differ."""
    return _range(_cpu(least), _cpu(most))


def _cpu(thousandths: int) -> str:
    return f"{thousandths}m" if 0 < thousandths < _CORE else f"{thousandths / _CORE:,g}"


def amount(size: int) -> str:
    """Bytes in the largest unit that says them shortly: `512Mi`, `1.5Gi`; exact to four digits."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:,.4g}{name}"
    return str(size)
