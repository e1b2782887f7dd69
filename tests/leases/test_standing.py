"""What the branch of grants holds: every folder is a grant, an end, ours to keep, or nobody's."""

import pytest

from bot.leases.end import ended
from bot.leases.grant import GRANT_FILE, ended_path, grant_bytes
from bot.leases.standing import astray, standing, unit
from tests.leases.test_grant import GRANT, NOW

HERE = f"prod/checkout-logs/{GRANT_FILE}"
OVER = ended(GRANT, "revoked", NOW, by="reviewer")


def test_no_branch_holds_nothing():
    assert standing(None).grants == {}
    assert not standing(None).knows("checkout-logs")


def test_grants_and_ends_are_known_by_name(tree_of):
    old = {ended_path(OVER).replace("checkout-logs", "old"): b"not a document"}
    there = standing(tree_of({HERE: grant_bytes(GRANT), "prod/checkout-logs/role.yaml": b"a: 1\n", **old}))
    assert there.grants == {"checkout-logs": GRANT}
    assert there.ended == {"old": None}
    assert there.knows("old"), "it has ended, whatever it was"
    assert there.broken == ()


@pytest.mark.parametrize(
    "files",
    [
        {"prod/checkout-logs/role.yaml": b"a: 1\n"},
        {HERE: b"kind: [\n"},
        {HERE.replace("prod", "dev"): grant_bytes(GRANT)},
        {HERE: grant_bytes(OVER)},
    ],
    ids=["no document", "not YAML", "of another environment", "over"],
)
def test_a_folder_without_its_own_grant_is_broken(tree_of, files):
    there = standing(tree_of(files))
    assert there.grants == {}
    assert len(there.broken) == 1


def test_the_result_is_remembered_by_content(tree_of):
    memo, tree = {}, tree_of({HERE: grant_bytes(GRANT)})
    assert standing(tree, memo) is standing(tree_of({HERE: grant_bytes(GRANT)}), memo)


@pytest.mark.parametrize(
    ("path", "folder"),
    [("prod/a/b/c.yaml", "prod/a"), ("prod/x.yaml", "prod"), ("ended/2026-11/a.yaml", "ended/2026-11")],
)
def test_a_file_is_written_with_its_folder(path, folder):
    assert unit(path) == folder


def test_what_others_did_is_found_by_folder_and_only_where_it_is_ours(tree_of):
    left = {HERE: b"a", "ended/2026-11/x.yaml": b"b"}
    now = {HERE: b"changed", "prod/y.yaml": b"c", "README.md": b"d", ".github/x": b"e"}
    assert astray(tree_of(now), tree_of(left)) == ("ended/2026-11", "prod", "prod/checkout-logs")
    assert astray(tree_of(left), tree_of(left)) == ()
    assert astray(None, None) == ()
