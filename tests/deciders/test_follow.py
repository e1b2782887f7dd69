"""`follow`: something before the environments moved, so all of them are looked at again."""

import pytest

from bot.deciders import concerned
from bot.deciders.decider import Branch
from bot.deciders.follow import plan_follow
from bot.model.event import PullClosed, Pushed
from bot.model.plan import Enqueue
from tests.platforms import REPO, pull, snapshot

DEV = Branch("env/dev", None, None)
CLOSED = PullClosed(delivery="d", repo=REPO, number=7)
STAGES = Enqueue(Pushed(delivery="d/stages", repo=REPO, branch="env/dev"))


def pushed(branch):
    return Pushed(delivery="d", repo=REPO, branch=branch)


@pytest.mark.parametrize(
    ("event", "base", "follows"),
    [
        (pushed("main"), "main", True),
        (pushed("feature"), "main", False),
        (CLOSED, "env/prod", True),
        (CLOSED, "main", False),
    ],
)
def test_what_environments_depend_on_is_followed(event, base, follows):
    found = plan_follow(event, snapshot(first_environment=DEV, pull=pull(base_branch=base)))
    assert found.effects == ((STAGES,) if follows else ())


def test_pushes_to_environments_concern_those_who_look_at_them_and_nobody_else():
    for branch in ("env/dev", "promote/prod/shop", "mend/dev/shop"):
        assert [one.name for one in concerned(pushed(branch))] == ["drift", "promote"]
    assert not {"drift", "promote"} & {one.name for one in concerned(pushed("main"))}


def test_two_looks_at_the_environments_are_one():
    keys = {
        (pushed(branch).lock_key, pushed(branch).newest_key) for branch in ("env/dev", "promote/prod/shop")
    }
    assert len(keys) == 1
    assert pushed("main").newest_key not in {newest for _, newest in keys}
