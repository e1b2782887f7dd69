"""Which faults a waiver excuses, and which waivers nobody needs. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bot.policy.rules.faults import Fault
from bot.policy.waivers import Waiver


def excused(
    found: Iterable[Fault], standing: Sequence[Waiver], today: date, pending: Sequence[Waiver] = ()
) -> list[Fault]:
    """Each fault with the waiver that excuses it for longest. `pending`: waivers that are not merged yet.

    Is there none, then with what would excuse it once it is merged.
    """
    return [_excused(one, standing, pending, today) for one in found]


def _excused(fault: Fault, standing: Sequence[Waiver], pending: Sequence[Waiver], today: date) -> Fault:
    if fault.exception:
        return fault
    waiver = _longest(fault, standing, today)
    later = None if waiver else _longest(fault, pending, today)
    return replace(fault, waiver=waiver, pending=later) if waiver or later else fault


def _longest(fault: Fault, known: Sequence[Waiver], today: date) -> Waiver | None:
    if not known:
        return None
    holding = [one for one in known if is_about(one, fault) and one.holds(fault.ruling, today)]
    return max(holding, key=lambda one: (one.expires, one.name), default=None)


def is_about(waiver: Waiver, fault: Fault) -> bool:
    """Whether it names this fault, be it in force or not."""
    paths = {fault.case.path, fault.place[0]} if waiver.paths else ()
    return waiver.covers(fault.rule, fault.case.ref, paths, fault.case.environment)
