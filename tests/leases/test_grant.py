"""A grant's document says all there is to say, both ways; what is no such document is nobody's grant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.leases.end import Refusal, ended, extended, why_over
from bot.leases.grant import Ending, Extension, Grant, ended_path, grant_bytes, read_grant

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRANT = Grant(
    name="checkout-logs",
    kind="access",
    request="catalog/requests/checkout-logs.yaml",
    environment="prod",
    service="component:default/checkout",
    subject="user:default/developer",
    requested_by="developer",
    reason="errors since noon",
    starts_at=NOW,
    expires_at=NOW + 4 * HOUR,
    latest_end=NOW + 8 * HOUR,
)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=30)


@given(
    reason=WORDS,
    approved=st.lists(WORDS.filter(bool), max_size=3).map(tuple),
    start=TIMES,
    end=st.none() | TIMES,
    extensions=st.lists(st.builds(Extension, TIMES, WORDS, TIMES, WORDS, WORDS), max_size=2).map(tuple),
    over=st.none()
    | st.builds(Ending, TIMES, st.sampled_from(["expired", "revoked", "by-hand"]), WORDS, WORDS),
    pull=st.integers(0, 10**6),
    is_break_glass=st.booleans(),
    parameters=st.lists(WORDS.filter(bool), max_size=3).map(tuple),
)
def test_what_is_written_is_read_back_equal(
    reason, approved, start, end, extensions, over, pull, is_break_glass, parameters
):
    grant = replace(
        GRANT,
        reason=reason,
        approved_by=approved,
        starts_at=start,
        expires_at=end,
        extensions=extensions,
        ended=over,
        pull=pull,
        is_break_glass=is_break_glass,
        parameters=parameters,
    )
    assert read_grant(grant_bytes(grant)) == grant
    assert grant_bytes(grant) == grant_bytes(replace(grant))


@given(st.binary(max_size=300))
def test_whatever_else_stands_there_is_no_grant_and_raises_nothing(data):
    assert read_grant(data) is None


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("kind: Grant", "kind: Gift"),
        ("expiresAt: ", "expires: "),
        ("2026-11-21T15:00:00Z", "tomorrow"),
        ("name: checkout-logs", "name: ../../dev/mine"),
        ("environment: prod", "environment: prod/more"),
        ("atEnd: remove", "atEnd: never"),
    ],
)
def test_a_document_of_another_form_is_no_grant(was, now):
    text = grant_bytes(GRANT).decode()
    assert was in text
    assert read_grant(text.replace(was, now).encode()) is None


def test_it_ends_at_its_end_and_not_before():
    asked = {"is_requested": True, "recorded": ()}
    assert why_over(GRANT, NOW + 4 * HOUR - timedelta(seconds=1), **asked) is None
    assert why_over(GRANT, NOW + 4 * HOUR, **asked) == "expired"
    assert why_over(replace(GRANT, at_end="propose"), NOW + 9 * HOUR, **asked) is None


def test_where_it_goes_when_it_ended_is_the_month_of_its_end():
    assert ended_path(ended(GRANT, "expired", NOW + 24 * 10 * HOUR)) == "ended/2026-12/checkout-logs.yaml"
    with pytest.raises(ValueError, match="has not ended"):
        ended_path(GRANT)


@given(st.lists(st.integers(1, 400), max_size=8))
def test_no_row_of_extensions_passes_the_latest_end(minutes):
    grant = GRANT
    for one in minutes:
        more = extended(grant, "reviewer", NOW, timedelta(minutes=one))
        if isinstance(more, Refusal):
            assert grant.expires_at + timedelta(minutes=one) > GRANT.latest_end
        else:
            grant = more
        assert grant.expires_at <= GRANT.latest_end
