"""What objects ask for in words, such as `CPU 400m → 800m`. Says only what changes."""

from __future__ import annotations

from bot.model.plan import Totals

_CORE = 1000
_UNITS = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"))


def asks(before: Totals, after: Totals) -> list[str]:
    """One piece for each resource that changes, in the order in which people ask."""
    replicas = _moved(
        _range(f"{before.least_replicas:,}", f"{before.most_replicas:,}"),
        _range(f"{after.least_replicas:,}", f"{after.most_replicas:,}"),
    )
    memory = _sizes((before.least_memory, before.most_memory), (after.least_memory, after.most_memory))
    pieces = [
        f"{replicas} replicas" if replicas else "",
        _named("CPU", _moved(cpus(before.least_cpu, before.most_cpu), cpus(after.least_cpu, after.most_cpu))),
        _named("memory", memory),
        _named("storage", _sizes((before.storage, before.storage), (after.storage, after.storage))),
    ]
    return [piece for piece in pieces if piece]


def _sizes(before: tuple[int, int], after: tuple[int, int]) -> str:
    """With as many digits as it takes to see the difference."""
    for digits in (2, 4, 12):
        old, new = (_range(*(amount(size, digits) for size in pair)) for pair in (before, after))
        if before == after or old != new:
            break
    return _moved(old, new)


def _named(name: str, moved: str) -> str:
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


def amount(size: int, digits: int = 2) -> str:
    """Bytes in the largest unit that fits, with at most so many decimals: `512Mi`, `1.5Gi`."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{_short(size / unit, digits)}{name}"
    return str(size)


def _short(number: float, digits: int) -> str:
    return f"{number:,.{digits}f}".rstrip("0").rstrip(".")
