"""The App's own log of webhook deliveries, and asking for one again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import MOST_PAGES, read_list
from bot.adapters.github.payloads import DELIVERIES, HookDelivery
from bot.ports import Delivery

_LOG = logging.getLogger(__name__)
_WHAT = "the App's delivery log"


def deliveries(access: Access, priority: Priority, since: datetime) -> Sequence[Delivery]:
    """Newest first, back to `since`: at most 5,000, after which older ones are left to the sweep."""
    pages = access.app(priority).pages("/app/hook/deliveries", what=_WHAT)
    found: list[Delivery] = []
    for page in islice(pages, MOST_PAGES):
        lines = read_list(page, DELIVERIES, what=_WHAT)
        found += [_delivery(one) for one in lines if one.delivered_at >= since]
        if not lines or lines[-1].delivered_at < since:
            return found
    _LOG.info("read %d deliveries, down to the end of what GitHub lists or Roadcrew reads", len(found))
    return found


def redeliver(access: Access, priority: Priority, delivery: int) -> None:
    """GitHub sends it again, with the same guid. Raises Refused when it is too old."""
    access.app(priority).send(f"/app/hook/deliveries/{delivery}/attempts", what=f"delivery {delivery}")


def _delivery(line: HookDelivery) -> Delivery:
    return Delivery(line.id, line.guid, line.delivered_at, is_ok=200 <= line.status_code < 300)  # noqa: PLR2004
