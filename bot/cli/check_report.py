"""The policy report of `roadcrew check --report FILE`."""

from __future__ import annotations

import json
from pathlib import Path

from bot.deciders.standing import Standing
from bot.errors import UserError
from bot.policy.rules.excused import excused
from bot.policy.waivers import waivers
from bot.report.openreports import openreport
from bot.templating.canonical import dump


def write_report(path: Path, standing: Standing) -> None:
    """What the rules of a tree say of it, waivers counted. Raises UserError. Asks no judge a second time."""
    found = excused(standing.faults(standing.rules), waivers(standing.catalog), standing.today)
    report = openreport(found, standing.passed(standing.rules), standing.now)
    is_json = path.suffix.lower() == ".json"
    try:
        path.write_bytes(f"{json.dumps(report, indent=2)}\n".encode() if is_json else dump(report))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", fix="Name another file.") from error
