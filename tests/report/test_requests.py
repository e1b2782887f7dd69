"""What people read about requests: in the review, in pull requests that we open, on the command line."""

import os
from datetime import date
from pathlib import Path

from bot.leases.written import Wish
from bot.model.plan import Plan
from bot.model.request_part import RequestPart
from bot.policy.waiver_files import Draft
from bot.report.requests import request_pull, waiver_pull
from bot.report.review import say_review
from tests.platforms import pull

GOLDEN = Path(__file__).parent / "golden"
BINDING = b"""apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: grant-checkout-access-1a2b3c
"""
PART = {
    "name": "checkout-access-1a2b3c",
    "path": "catalog/requests/checkout-access-1a2b3c.yaml",
    "change": "new",
    "kind": "access",
    "title": "Access",
    "service": "component:default/checkout",
    "environment": "prod",
    "subject": "user:default/developer",
    "requester": "developer",
    "reason": "errors since noon",
    "duration": "4h",
    "most": "8h",
    "approvers": ("group:group:default/payments", "permission:maintain"),
    "files": {"rolebinding-grant-checkout-access-1a2b3c.yaml": BINDING},
}


def part(**facts):
    return RequestPart(**{**PART, **facts})


def golden(name, text):
    path = GOLDEN / f"{name}.md"
    if os.environ.get("ROADCREW_UPDATE_GOLDEN"):
        path.write_text(text + "\n")
    assert text + "\n" == path.read_text()


def comment(*parts):
    return say_review(pull(), Plan(parts=parts))[0].body


def test_a_request_reads_like_this():
    golden("request", comment(part()))


def test_break_glass_reads_like_this():
    glass = part(is_break_glass=True, duration="1h", most="1h", on_behalf_of="user:default/lead")
    golden("request-break-glass", comment(glass))


def test_several_at_once_read_like_this():
    several = [
        part(name="one", change="changed", approvals=2),
        part(name="two", kind="secret", title="Secret", duration="", most="", files={}),
        part(name="three", change="removed", is_standing=True, files={}),
    ]
    golden("request-several", comment(*several))


def test_when_nobody_can_approve_that_is_said():
    assert "nobody may approve this" in comment(part(approvers=()))


def test_a_long_preview_leaves_room_for_the_rest():
    files = {f"{number}.yaml": b"a: b\n" * 5_000 for number in range(3)}
    bodies = comment(*(part(name=str(number), files=files) for number in range(9)))
    assert len(bodies) < 60_000
    assert "4 more requests" in bodies


def test_what_people_wrote_cannot_format_or_ping():
    body = comment(part(reason="`x` @acme/everyone <!-- | #1", requester="a|b"))
    assert "`\u2019x\u2019 @acme/everyone <!-- \\| #1`" in body


def test_our_pull_requests_say_who_asked_where():
    wish = Wish("access", "checkout", "prod", "errors", requested_by="developer")
    title, body = request_pull("checkout-access-1a2b3c", "Access", wish, 12)
    assert title == "Access for checkout in prod"
    assert body.startswith(
        "<!-- roadcrew:request checkout-access-1a2b3c -->\n\n`developer` asks for this in #12: `errors`"
    )
    draft = Draft(
        ("probe-liveness",),
        "moves in May",
        "group:default/shop",
        date(2026, 5, 1),
        ("component:default/cart",),
    )
    title, body = waiver_pull("cart-probe-1a2b3c", draft, "developer", 12)
    assert title == "Waive probe-liveness for component:default/cart"
    assert "Until the end of 2026-05-01, `component:default/cart` need not keep `probe-liveness`." in body
