"""The App's delivery log: read back to a time by cursor, in the App's own name."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused, Retry
from bot.ports import Delivery
from tests.adapters.github.github_stub import NOW

LOG = "/app/hook/deliveries"


def line(number, minutes, status=200):
    at = (NOW - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"id": number, "guid": f"guid-{number}", "delivered_at": at, "status_code": status}


def page(stub, lines, cursor=""):
    headers = {"Link": f'<{stub.url}{LOG}?per_page=100&cursor={cursor}>; rel="next"'} if cursor else {}
    stub.break_next("GET", LOG, 200, headers=headers, body=lines)


def test_deliveries_are_read_back_to_a_time(hub, stub):
    page(stub, [line(9, 1), line(8, 2, 502)], "v1_8")
    page(stub, [line(7, 3, 0), line(6, 4, 199)], "v1_6")
    page(stub, [line(5, 5, 202), line(4, 60)], "v1_4")
    found = hub.deliveries(NOW - timedelta(minutes=10))
    assert [(one.id, one.is_ok) for one in found] == [
        (9, True),
        (8, False),
        (7, False),
        (6, False),
        (5, True),
    ]
    assert found[0] == Delivery(9, "guid-9", NOW - timedelta(minutes=1), is_ok=True)
    assert [call.path for call in stub.calls] == [
        f"{LOG}?per_page=100",
        f"{LOG}?cursor=v1_8&per_page=100",
        f"{LOG}?cursor=v1_6&per_page=100",
    ]
    assert all(call.headers["authorization"].startswith("Bearer ") for call in stub.calls)


def test_an_empty_log_and_the_end_of_the_log(hub, stub):
    page(stub, [], "v1_0")
    assert hub.deliveries(NOW - timedelta(days=3)) == []
    page(stub, [line(9, 1)])
    assert len(hub.deliveries(NOW - timedelta(days=3))) == 1


def test_a_log_without_end_gives_its_newest_part(hub, stub):
    for number in range(60):
        page(stub, [line(number, 1)], f"v1_{number}")
    assert len(hub.deliveries(NOW - timedelta(days=3))) == 50


def test_promise_6_a_cursor_to_another_host_gets_no_request(hub, stub, other_host, raising):
    headers = {"Link": f'<{other_host.url}{LOG}?cursor=x>; rel="next"'}
    stub.break_next("GET", LOG, 200, headers=headers, body=[line(9, 1)])
    with raising(Refused):
        hub.deliveries(NOW - timedelta(days=3))
    assert other_host.calls == []


def test_a_delivery_is_asked_for_again_once(hub, stub, raising):
    hub.redeliver(9)
    stub.break_next("POST", LOG, 502)
    with raising(Retry):
        hub.redeliver(8)
    stub.break_next("POST", LOG, 404)
    with raising(Refused):
        hub.redeliver(7)
    assert [call.path for call in stub.asked("POST")] == [f"{LOG}/{number}/attempts" for number in (9, 8, 7)]
