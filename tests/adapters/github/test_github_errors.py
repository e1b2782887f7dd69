"""Every exception of the client libraries has its meaning; a new one in a new version fails here."""

from __future__ import annotations

import github
import pytest
import requests

from bot.adapters.github.clients import KINDS, Kind, translate
from bot.adapters.github.faults import Unanswered
from bot.errors import Refused, Retry, RoadcrewError, UserError
from tests.adapters.github.github_stub import NOW

WHAT = "the comments of acme/platform#7"


def family(root):
    return {root}.union(*(family(each) for each in root.__subclasses__()))


def library_errors():
    roots = (requests.RequestException, github.GithubException, github.BadAttributeException)
    return sorted(set().union(*(family(root) for root in roots)), key=lambda kind: kind.__qualname__)


def made(kind):
    if issubclass(kind, github.GithubException):
        return kind(500, {"message": "ghs_CANARYxxxxxxxx"}, {"X-Note": "ghs_CANARYxxxxxxxx"})
    if kind is github.BadAttributeException:
        return kind("ghs_CANARYxxxxxxxx", (str, str), None)
    if kind is requests.exceptions.JSONDecodeError:
        return kind("ghs_CANARYxxxxxxxx", "", 0)
    return kind("ghs_CANARYxxxxxxxx")


def test_github_offers_its_exceptions_where_we_look():
    """PyGithub's classes by name, so that one that does not derive from the known roots is seen too."""
    module = github.GithubException.__module__
    names = vars(__import__(module, fromlist=["*"])).values()
    offered = {each for each in names if isinstance(each, type) and issubclass(each, Exception)}
    assert offered <= set(KINDS)


@pytest.mark.parametrize("kind", library_errors(), ids=lambda kind: kind.__qualname__)
def test_every_library_exception_is_mapped(kind):
    assert kind in KINDS
    ours = translate(made(kind), what=WHAT, now=NOW)
    assert isinstance(ours, RoadcrewError)
    assert "CANARY" not in str(ours) + repr(ours)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (github.BadCredentialsException(401, {"message": "Bad credentials"}), UserError),
        (github.UnknownObjectException(404, {"message": "Not Found"}), Refused),
        (github.RateLimitExceededException(403, {"message": "API rate limit exceeded"}), Retry),
        (github.GithubException(422, {"message": "Validation Failed"}), Refused),
        (github.GithubException(502), Retry),
        (github.IncompletableObject(400), Refused),
        (github.GithubException(200), Retry),
        (requests.exceptions.InvalidURL("x"), UserError),
        (requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"), UserError),
        (requests.exceptions.SSLError("EOF"), Retry),
    ],
    ids=repr,
)
def test_what_exceptions_mean(error, meaning):
    assert isinstance(translate(error, what=WHAT, now=NOW), meaning)


@pytest.mark.parametrize("kind", [kind for kind, means in KINDS.items() if means is Kind.LOST])
def test_a_lost_answer_may_have_been_a_write(kind):
    ours = translate(made(kind), what=WHAT, now=NOW)
    assert isinstance(ours, Unanswered)
    assert ours.may_be_done
