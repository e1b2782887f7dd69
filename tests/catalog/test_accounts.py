"""An account belongs to one User: where two claim it, nobody could tell who approves and who gets something."""

import pytest

from bot.catalog.accounts import users_of
from bot.catalog.check import check
from bot.report.sentences import say
from tests.shelf import Shelf

SAYS = "  annotations:\n    github.com/user-login: {}\n"


def user(name, *, more="", namespace=""):
    home = f"  namespace: {namespace}\n" if namespace else ""
    return f"apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: {name}\n{home}{more}spec:\n  memberOf: []\n"


def found(*users):
    checked = check(Shelf({f"catalog/{at}.yaml": text for at, text in enumerate(users)}), whole=True)
    return checked, [one for one in checked.findings if one.rule == "user-account"]


@pytest.mark.parametrize(
    ("users", "count"),
    [
        ((user("a"), user("b")), 0),
        ((user("a", more=SAYS.format("x")), user("b", more=SAYS.format("X"))), 2),
        ((user("a"), user("b", more=SAYS.format("A"))), 2),
        ((user("a", more=SAYS.format("x")), user("b", more=SAYS.format("a"))), 0),
        ((user("a"), user("a", namespace="partner")), 0),
        ((user("a", more=SAYS.format("a")), user("a", namespace="partner")), 2),
    ],
)
def test_an_account_is_claimed_once(users, count):
    checked, findings = found(*users)
    assert len(findings) == count
    if count:
        assert all(one.line for one in findings)
        assert "nobody can tell who it is" in say(findings[0]).message
        assert len(users_of(str(findings[0].facts["login"]), checked.catalog)) == 2
