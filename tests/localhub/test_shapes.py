"""Every shape is, field by field, what GitHub's own description says. Edge values above all."""

from dataclasses import replace

import pytest

from bot.localhub.records import Annotation, Delivery
from bot.localhub.shapes import (
    accounts,
    apps,
    branches,
    checks,
    commits,
    gitdata,
    hooks,
    issues,
    pulls,
    repos,
    teams,
)
from bot.localhub.view import Comparison, TreeEntry
from tests.conformance.check import check_model
from tests.localhub import shapes_view as world

VIEW = world.FixedView()
ENTRY = TreeEntry("catalog/billing.yaml", "100644", "blob", world.SHA, 5)
ENTRIES = (
    ENTRY,
    TreeEntry("catalog", "040000", "tree", world.TREE),
    TreeEntry("vendored", "160000", "commit", world.OTHER),
    TreeEntry("link", "120000", "blob", world.SHA, 7),
)
DELIVERY = Delivery(
    id=100,
    guid="0b989ba4-242f-11e5-81e1-c7b6966d2516",
    app_id=10,
    event="push",
    action=None,
    installation_id=12,
    repository_id=20,
    delivered_at=world.AT,
    is_redelivery=False,
    duration=0.27,
    status="OK",
    status_code=202,
    url="http://127.0.0.1:9/webhook",
    request_headers={"X-GitHub-Event": "push"},
    request_payload='{"ref": "refs/heads/main"}',
)
RATE = hooks.rate_json(limit=5000, used=5001, reset=1767182400)

SHAPES = {
    "user": ("SimpleUser", accounts.user_json(VIEW, world.DEVELOPER)),
    "bot": ("SimpleUser", accounts.user_json(VIEW, world.BOT)),
    "organization as an owner": ("SimpleUser", accounts.user_json(VIEW, world.ORG)),
    "public user": ("PublicUser", accounts.public_user_json(VIEW, world.DEVELOPER)),
    "private user": ("PrivateUser", accounts.private_user_json(VIEW, world.OWNER)),
    "organization": ("OrganizationSimple", accounts.organization_json(VIEW, world.ORG)),
    "organization in full": ("OrganizationFull", accounts.organization_full_json(VIEW, world.ORG)),
    "membership": ("OrgMembership", accounts.membership_json(VIEW, world.ORG, world.OWNER, "admin")),
    "team": ("Team", teams.team_json(VIEW, world.TEAM)),
    "team in full": ("TeamFull", teams.team_full_json(VIEW, world.TEAM)),
    "team membership": (
        "TeamMembership",
        teams.team_membership_json(VIEW, world.TEAM, "platform-lead", "maintainer"),
    ),
    "app": ("Integration", apps.app_json(VIEW, world.APP)),
    "app with a description": ("Integration", apps.app_json(VIEW, replace(world.APP, description="Paves"))),
    "installation": ("Installation", apps.installation_json(VIEW, world.INSTALLATION)),
    "installation on a user": (
        "Installation",
        apps.installation_json(
            VIEW, replace(world.INSTALLATION, account_id=2, repository_selection="selected")
        ),
    ),
    "installation's block": ("SimpleInstallation", apps.installation_lite_json(VIEW, world.INSTALLATION)),
    "token": ("InstallationToken", apps.token_json(VIEW, world.TOKEN)),
    "token for some repositories": (
        "InstallationToken",
        apps.token_json(VIEW, replace(world.TOKEN, repository_ids=(20,), has_asked_repositories=True)),
    ),
    "hook config": ("WebhookConfig", apps.hook_config_json(VIEW, world.APP)),
    "repository": ("FullRepository", repos.repository_json(VIEW, world.REPO)),
    "repository of a user": ("FullRepository", repos.repository_json(VIEW, world.PRIVATE)),
    "fork": ("FullRepository", repos.repository_json(VIEW, world.FORK)),
    "repository to its admin": (
        "FullRepository",
        repos.repository_json(world.FixedView(viewer="admin"), world.REPO),
    ),
    "repository in lists": ("MinimalRepository", repos.minimal_repository_json(VIEW, world.REPO)),
    "repository of an installation": (
        "Repository",
        repos.minimal_repository_json(world.FixedView(viewer="triage"), world.FORK),
    ),
    "repository in webhooks": ("RepositoryWebhooks", repos.repository_hook_json(VIEW, world.FORK)),
    "repository of installation events": (
        "WebhooksRepositoriesItems",
        repos.repository_lite_json(VIEW, world.REPO),
    ),
    "collaborator": ("Collaborator", repos.collaborator_json(VIEW, world.REPO, world.DEVELOPER)),
    "permission": (
        "RepositoryCollaboratorPermission",
        repos.permission_json(VIEW, world.REPO, world.DEVELOPER),
    ),
    "no permission": (
        "RepositoryCollaboratorPermission",
        repos.permission_json(VIEW, world.REPO, world.STRANGER),
    ),
    "branch": ("BranchWithProtection", branches.branch_json(VIEW, world.REPO, "env/dev", world.SHA)),
    "branch in lists": ("ShortBranch", branches.short_branch_json(VIEW, world.REPO, "main", world.SHA)),
    "protected branch": (
        "BranchWithProtection",
        branches.branch_json(
            world.FixedView(protected=world.STRICT_PROTECTION), world.REPO, "main", world.SHA
        ),
    ),
    "protection": ("BranchProtection", branches.protection_json(VIEW, world.PROTECTION)),
    "protection that demands all": (
        "BranchProtection",
        branches.protection_json(VIEW, world.STRICT_PROTECTION),
    ),
    "protection as it answers a change": (
        "ProtectedBranch",
        branches.protection_json(VIEW, world.STRICT_PROTECTION),
    ),
    "required checks": ("StatusCheckPolicy", branches.required_checks_json(VIEW, world.STRICT_PROTECTION)),
    "commit": ("Commit", commits.commit_json(VIEW, world.REPO, world.COMMIT)),
    "root commit": ("Commit", commits.commit_json(VIEW, world.REPO, world.ROOT)),
    "commit with files": ("Commit", commits.commit_full_json(VIEW, world.REPO, world.COMMIT, world.FILES)),
    "commit of git": ("GitCommit", gitdata.git_commit_json(VIEW, world.REPO, world.COMMIT)),
    "comparison": (
        "CommitComparison",
        commits.comparison_json(
            VIEW,
            world.REPO,
            Comparison("main", "feature/x", world.ROOT, world.ROOT, 1, 0, 1, (world.COMMIT,), world.FILES),
        ),
    ),
    "comparison of the same": (
        "CommitComparison",
        commits.comparison_json(
            VIEW, world.REPO, Comparison("main", "main", world.ROOT, world.ROOT, 0, 0, 0, (), ())
        ),
    ),
    "ref": ("GitRef", gitdata.ref_json(VIEW, world.REPO, "refs/heads/main", world.SHA, "commit")),
    "annotated tag's ref": ("GitRef", gitdata.ref_json(VIEW, world.REPO, "refs/tags/v1", world.SHA, "tag")),
    "tree": ("GitTree", gitdata.tree_json(VIEW, world.REPO, world.TREE, ENTRIES)),
    "blob": ("Blob", gitdata.blob_json(VIEW, world.REPO, world.SHA, bytes(range(256)))),
    "empty blob": ("Blob", gitdata.blob_json(VIEW, world.REPO, world.SHA, b"")),
    "new blob": ("ShortBlob", gitdata.short_blob_json(VIEW, world.REPO, world.SHA)),
    "file": ("ContentFile", gitdata.content_file_json(VIEW, world.REPO, "main", ENTRY, b"hello")),
    "symlink": (
        "ContentSymlink",
        gitdata.content_file_json(VIEW, world.REPO, "main", ENTRIES[3], b"catalog"),
    ),
    "folder": (
        "list[ContentDirectoryItems]",
        [gitdata.content_item_json(VIEW, world.REPO, "main", entry) for entry in ENTRIES],
    ),
    "file written": (
        "FileCommit",
        gitdata.file_commit_json(
            gitdata.content_file_json(VIEW, world.REPO, "main", ENTRY, b"hello"),
            gitdata.git_commit_json(VIEW, world.REPO, world.COMMIT),
        ),
    ),
    "file deleted": (
        "FileCommit",
        gitdata.file_commit_json(None, gitdata.git_commit_json(VIEW, world.REPO, world.COMMIT)),
    ),
    "label": ("Label", issues.label_json(VIEW, world.LABEL)),
    "comment": ("IssueComment", issues.comment_json(VIEW, world.COMMENT)),
    "comment of the bot": ("IssueComment", issues.comment_json(VIEW, world.BOT_COMMENT)),
    "reaction": ("Reaction", issues.reaction_json(VIEW, world.REACTIONS[0])),
    "merge result": ("PullRequestMergeResult", pulls.merge_result_json(world.SHA)),
    "check run that runs": ("CheckRun", checks.check_run_json(VIEW, world.RUN)),
    "check run that is done": ("CheckRun", checks.check_run_json(VIEW, world.DONE_RUN)),
    "check run of a fork's commit": ("CheckRun", checks.check_run_json(VIEW, world.FORK_RUN)),
    "check suite": ("CheckSuite", checks.check_suite_json(VIEW, world.SUITE)),
    "check suite of a fork's commit": ("CheckSuite", checks.check_suite_json(VIEW, world.FORK_SUITE)),
    "annotation": (
        "CheckAnnotation",
        checks.annotation_json(
            VIEW, world.RUN, Annotation("a b.yaml", 1, 1, "failure", "Wrong", 2, 9, "Owner", "raw")
        ),
    ),
    "annotation of lines": (
        "CheckAnnotation",
        checks.annotation_json(VIEW, world.RUN, Annotation("a.yaml", 1, 3, "notice", "Look")),
    ),
    "delivery in lists": ("HookDeliveryItem", hooks.delivery_json(VIEW, DELIVERY)),
    "delivery": ("HookDelivery", hooks.delivery_full_json(VIEW, DELIVERY)),
    "delivery that nobody took": (
        "HookDelivery",
        hooks.delivery_full_json(
            VIEW,
            replace(DELIVERY, status="failed to connect", status_code=0, installation_id=None, action="x"),
        ),
    ),
    "rate limit": ("RateLimitOverview", hooks.rate_limit_json(RATE, RATE)),
}
SHAPES |= {
    f"{what}: pull": ("PullRequest", pulls.pull_json(VIEW, pull)) for what, pull in world.PULLS.items()
}
SHAPES |= {
    f"{what}: pull in lists": ("PullRequestSimple", pulls.pull_simple_json(VIEW, pull))
    for what, pull in world.PULLS.items()
}
SHAPES |= {f"{what}: issue": ("Issue", issues.issue_json(VIEW, pull)) for what, pull in world.PULLS.items()}
SHAPES |= {
    f"{what}: review": ("PullRequestReview", pulls.review_json(VIEW, review))
    for what, review in world.REVIEWS.items()
}


@pytest.mark.parametrize("what", SHAPES)
def test_a_shape_is_what_github_describes(what):
    model, body = SHAPES[what]
    check_model(model, body)


@pytest.mark.parametrize("what", SHAPES)
def test_no_shape_points_away_from_the_hub(what):
    told = list(_strings(SHAPES[what][1]))
    away = [text for text in told if "://" in text and not text.startswith(_HERE)]
    assert away == []


_HERE = ("http://127.0.0.1", "git://127.0.0.1", "https://example.invalid")


def _strings(body):
    if isinstance(body, str):
        yield body
    for item in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _strings(item)


def test_a_bots_address_is_quoted_and_its_page_is_its_apps():
    bot = accounts.user_json(VIEW, world.BOT)
    assert bot["url"].endswith("/users/roadcrew%5Bbot%5D")
    assert bot["html_url"].endswith("/apps/roadcrew")


def test_the_legacy_permission_knows_four_words_and_the_role_tells_the_rest():
    maintainer = repos.permission_json(VIEW, world.REPO, world.DEVELOPER)
    assert (maintainer["permission"], maintainer["role_name"]) == ("write", "maintain")
    assert maintainer["user"]["permissions"] == {
        "admin": False,
        "maintain": True,
        "push": True,
        "triage": True,
        "pull": True,
    }
    assert repos.permission_json(VIEW, world.REPO, world.STRANGER)["permission"] == "none"


def test_reactions_are_counted_by_content():
    rollup = issues.comment_json(VIEW, world.COMMENT)["reactions"]
    assert (rollup["total_count"], rollup["+1"], rollup["eyes"], rollup["heart"]) == (3, 2, 1, 0)


def test_a_check_on_a_forks_commit_names_no_pull():
    assert checks.check_run_json(VIEW, world.FORK_RUN)["pull_requests"] == []
    assert [pull["number"] for pull in checks.check_run_json(VIEW, world.RUN)["pull_requests"]] == [7]


def test_a_renamed_file_is_pushed_as_one_removed_and_one_added():
    pushed = gitdata.push_commit_json(VIEW, world.REPO, world.COMMIT, world.FILES)
    assert pushed["added"] == ["catalog/new café.yaml", "after.yaml"]
    assert pushed["removed"] == ["old.yaml", "before.yaml"]
    assert pushed["modified"] == ["logo.png"]


def test_a_deleted_fork_leaves_the_head_without_a_repository():
    head = pulls.pull_json(VIEW, world.PULLS["its fork was deleted"])["head"]
    assert (head["repo"], head["label"]) == (None, "stranger:feature/billing")


def test_the_same_record_makes_the_same_bytes():
    assert pulls.pull_json(VIEW, world.PULL) == pulls.pull_json(world.FixedView(), world.PULL)
