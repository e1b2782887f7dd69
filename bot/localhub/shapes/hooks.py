"""The App's log of webhook deliveries, and rate limits."""

from __future__ import annotations

import json

from bot.localhub.records import Delivery
from bot.localhub.shapes.addresses import Json
from bot.localhub.view import View


def delivery_json(view: View, delivery: Delivery) -> Json:  # noqa: ARG001 - one signature for all
    """`hook-delivery-item`: a line of the log."""
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.is_redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def delivery_full_json(view: View, delivery: Delivery) -> Json:
    """`hook-delivery`: with what was sent and answered."""
    return delivery_json(view, delivery) | {
        "url": delivery.url,
        "request": {
            "headers": dict(delivery.request_headers),
            "payload": json.loads(delivery.request_payload),
        },
        "response": {
            "headers": dict(delivery.response_headers),
            "payload": delivery.response_payload,
        },
    }


def rate_json(*, limit: int, used: int, reset: int) -> Json:
    """`rate-limit`: `reset` in seconds since 1970."""
    return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": reset}


def rate_limit_json(core: Json, search: Json) -> Json:
    """`rate-limit-overview`: of what `rate_json` makes."""
    return {"resources": {"core": core, "search": search}, "rate": core}
