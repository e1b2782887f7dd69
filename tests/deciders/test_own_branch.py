"""What we speak of in someone's name is what we wrote: a branch that others prepared for us is not taken."""

import pytest

from bot.apply_git import ensure_branch
from bot.errors import Refused
from bot.model.plan import Applied, Unchanged
from bot.model.proposal import EnsureBranch
from tests.deciders.hold import Hold
from tests.deciders.talk import REQUEST, request
from tests.platforms import NOW, REPO

BRANCH = "request/shop-logs"
MINE = request(more="  requestedBy: developer\n")


def asking(hold, **more):
    hold.mirror.fetch(REPO, ["refs/heads/main"])
    files = {REQUEST: MINE.encode()}
    return EnsureBranch(REPO, BRANCH, files, "Ask", NOW, hold.tip("main"), **more)


def test_promise_1_our_own_from_before_a_restart_is_taken(tmp_path):
    hold = Hold(tmp_path)
    effect = asking(hold, is_exact=True)
    made = ensure_branch(effect, hold.ports)
    assert isinstance(made, Applied)
    assert ensure_branch(effect, hold.ports) == Unchanged(made.ref)


def test_promise_7_what_someone_put_there_first_is_refused(tmp_path):
    """The name of the branch can be told from the comment: who is quick may push to it before us."""
    hold = Hold(tmp_path)
    forged = hold.commit(BRANCH, {REQUEST: MINE.replace("developer", "reviewer")}, by=hold.mirror)
    with pytest.raises(Refused, match="someone else wrote it"):
        ensure_branch(asking(hold, is_exact=True), hold.ports)
    assert hold.tip(BRANCH) == forged
    assert ensure_branch(asking(hold), hold.ports) == Unchanged(forged), "where nobody is spoken for"
