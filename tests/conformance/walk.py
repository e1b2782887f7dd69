"""Goes once to every address of a local GitHub, with success and with each error, and makes each webhook."""

from __future__ import annotations

from bot.localhub.acts import apps, checks
from bot.localhub.auth import by_secret
from bot.localhub.records import CheckRun, Installation
from tests.conformance.ground import OPEN, REPO, Ground, said

WEBHOOKS = {
    "ping",
    "push",
    "create",
    "delete",
    "repository.created",
    "pull_request.opened",
    "pull_request.edited",
    "pull_request.closed",
    "pull_request.reopened",
    "pull_request.synchronize",
    "pull_request.labeled",
    "pull_request.unlabeled",
    "pull_request.review_requested",
    "pull_request.review_request_removed",
    "pull_request.converted_to_draft",
    "pull_request.ready_for_review",
    "issue_comment.created",
    "issue_comment.edited",
    "issue_comment.deleted",
    "pull_request_review.submitted",
    "pull_request_review.dismissed",
    "check_run.created",
    "check_run.completed",
    "check_run.rerequested",
    "check_run.requested_action",
    "check_suite.requested",
    "check_suite.rerequested",
    "check_suite.completed",
    "installation.created",
    "installation.deleted",
    "installation_repositories.added",
    "installation_repositories.removed",
}
"""All that a hub can send."""


class Walk(Ground):
    """One way through a whole hub."""

    def go(self) -> None:
        """All of it, in an order in which each part finds what it needs."""
        self.seed()
        for part in (
            self.accounts,
            self.app,
            self.repositories,
            self.git,
            self.protection,
            self.pulls,
            self.threads,
            self.issues,
            self.reviews,
            self.checks,
            self.merges,
            self.forks,
            self.deliveries,
            self.limits,
            self.leaving,
        ):
            part()
        assert self.hub.hooks.wait_idle()

    def pulls(self) -> None:
        developer, place = self.developer, f"{REPO}/pulls"
        asked = {"head": "feature/a", "base": "main", "title": "Add a", "body": "Please", "draft": True}
        made = said(developer("POST", place, asked), 201)
        self.number = made["number"]
        mine = f"{place}/{self.number}"
        said(developer("POST", place, asked), 422)
        said(developer("POST", place, asked | {"head": "none"}), 422)
        self.hub.set_draft("acme/platform", self.number, draft=False, by="developer")
        self.hub.set_draft("acme/platform", self.number, draft=True, by="developer")
        self.hub.set_draft("acme/platform", self.number, draft=False, by="developer")
        self.hub.commit("acme/platform", "feature/a", {"b.bin": b"\0\1"}, by="developer")
        self.hub.commit("acme/platform", "bot", {"c": "1\n"}, by="developer")
        said(self.ours("POST", place, {"head": "bot", "base": "main", "title": "By the App"}), 201)
        said(developer("PATCH", mine, {"title": "Add b", "body": ""}), 200)
        said(developer("PATCH", mine, {"base": "env/dev"}), 200)
        said(developer("PATCH", mine, {"base": "main"}), 200)
        said(developer("PATCH", mine, {"state": "closed"}), 200)
        developer.get(mine)
        said(developer("PATCH", mine, {"state": "open"}), 200)
        self.hub.world.hides_mergeability = True
        assert developer.get(mine)["mergeable"] is None
        self.hub.world.hides_mergeability = False
        said(developer("GET", mine, Accept="application/vnd.github.diff"), 200)
        said(developer("GET", mine, If_None_Match=developer("GET", mine).headers["ETag"]), 304)
        for path in (
            place,
            f"{place}?state=all&sort=updated&direction=asc&base=main&head=acme:bot&per_page=5&page=1",
            mine,
            f"{mine}/files?per_page=2",
            f"{mine}/commits",
            f"{REPO}/commits/{made['head']['sha']}/pulls",
        ):
            developer.get(path)
        said(developer("GET", f"{place}/999"), 404)

    def threads(self) -> None:
        developer, ours, issue = self.developer, self.ours, f"{REPO}/issues/{self.number}"
        made = said(developer("POST", f"{issue}/comments", {"body": "Look"}), 201)
        reply = said(ours("POST", f"{issue}/comments", {"body": "I did"}), 201)
        mine, place = f"{REPO}/issues/comments/{made['id']}", f"{REPO}/issues/comments"
        said(developer("PATCH", mine, {"body": "Look again"}), 200)
        said(ours("PATCH", f"{place}/{reply['id']}", {"body": "I did so"}), 200)
        for body in ({"body": ""}, {"body": "x" * 65_537}, {"body": 3}, {}):
            said(developer("POST", f"{issue}/comments", body), 422)
        said(self.reviewer("POST", f"{REPO}/issues/999/comments", {"body": "x"}), 404)
        reaction = said(ours("POST", f"{mine}/reactions", {"content": "eyes"}), 201)
        said(ours("POST", f"{mine}/reactions", {"content": "eyes"}), 200)
        said(ours("POST", f"{mine}/reactions", {"content": "shrug"}), 422)
        developer.get(f"{mine}/reactions?content=eyes")
        developer.get(mine)
        said(ours("DELETE", f"{mine}/reactions/{reaction['id']}"), 204)
        said(developer("POST", f"{issue}/labels", {"labels": ["needs: review", "bug"]}), 200)
        said(developer("POST", f"{issue}/labels", ["a/b"]), 200)
        said(developer("POST", f"{issue}/labels", {"labels": [{"name": "c"}]}), 200)
        said(developer("DELETE", f"{issue}/labels/a/b"), 200)
        developer.get(f"{issue}/labels")
        developer.get(f"{REPO}/labels")
        developer.get(issue)
        developer.get(f"{REPO}/pulls")
        said(developer("PATCH", f"{REPO}/pulls/{self.number}", {"title": "With labels"}), 200)
        said(developer("POST", f"{issue}/comments", {"body": "With labels"}), 201)
        said(developer("DELETE", f"{issue}/labels/bug"), 200)
        said(developer("DELETE", f"{issue}/labels/bug"), 404)
        developer.get(f"{REPO}/issues/{self.number + 1}")
        developer.get(f"{issue}/comments?per_page=1&since=2020-01-01T00:00:00Z")
        developer.get(f"{place}?sort=updated&direction=desc")
        said(developer("DELETE", mine), 204)
        said(developer("GET", mine), 404)

    def issues(self) -> None:
        developer, ours, place = self.developer, self.ours, f"{REPO}/issues"
        made = said(developer("POST", place, {"title": "Why?", "body": "Tell me", "labels": ["ask"]}), 201)
        second = said(ours("POST", place, {"title": "Review it", "labels": [{"name": "ask"}]}), 201)
        mine, other = f"{place}/{made['number']}", f"{place}/{second['number']}"
        for body in ({}, {"title": " "}, {"title": "x" * 257}, {"title": "x", "body": "x" * 65_537}):
            said(developer("POST", place, body), 422)
        said(developer("PATCH", mine, {"title": "Why so?", "body": None, "labels": ["ask", "new"]}), 200)
        said(developer("PATCH", mine, {"state": "closed", "state_reason": "not_planned"}), 200)
        said(ours("PATCH", other, {"state": "closed"}), 200)
        said(ours("PATCH", other, {"state": "open"}), 200)
        said(developer("PATCH", f"{place}/{self.number}", {"title": "As an issue", "state": "open"}), 200)
        comment = said(developer("POST", f"{mine}/comments", {"body": "Well?"}), 201)
        said(ours("POST", f"{mine}/labels", {"labels": ["seen"]}), 200)
        said(ours("DELETE", f"{mine}/labels/seen"), 200)
        for each in (mine, f"{place}/{self.number}"):
            reaction = said(ours("POST", f"{each}/reactions", {"content": "eyes"}), 201)
            said(ours("POST", f"{each}/reactions", {"content": "eyes"}), 200)
            said(ours("POST", f"{each}/reactions", {"content": "shrug"}), 422)
            ours.get(f"{each}/reactions?content=eyes")
            ours.get(each)
            said(ours("DELETE", f"{each}/reactions/{reaction['id']}"), 204)
            said(ours("DELETE", f"{each}/reactions/{reaction['id']}"), 404)
        for path in (
            place,
            f"{place}?state=all&creator=roadcrew%5Bbot%5D&sort=created&direction=desc&per_page=5",
            f"{place}?labels=ask&since=2020-01-01T00:00:00Z&state=closed",
            mine,
            f"{mine}/comments",
            f"{mine}/labels",
            f"{mine}/events",
            f"{place}/comments/{comment['id']}",
        ):
            developer.get(path)
        said(developer("GET", f"{place}/999"), 404)
        self.hub.commit("acme/platform", "forced", {"f": "1\n"}, by="developer")
        number = self.hub.open_pull("acme/platform", head="forced", by="developer").number
        self.hub.force("acme/platform", "forced", {"f": "2\n"}, by="developer")
        self.hub.delete_branch("acme/platform", "forced", by="developer")
        self.hub.commit("acme/platform", "forced", {"f": "3\n"}, by="developer")
        assert [one["event"] for one in developer.get(f"{place}/{number}/events")] == [
            "head_ref_force_pushed",
            "head_ref_deleted",
            "head_ref_restored",
        ]

    def reviews(self) -> None:
        mine = f"{REPO}/pulls/{self.number}"
        asked = {"reviewers": ["reviewer"], "team_reviewers": ["platform"]}
        said(self.developer("POST", f"{mine}/requested_reviewers", asked), 201)
        self.developer.get(f"{mine}/requested_reviewers")
        self.developer.get(mine)
        self.developer.get(f"{REPO}/pulls")
        self.hub.label("acme/platform", self.number, "asked", by="developer")
        self.hub.commit("acme/platform", "feature/a", {"more": "1\n"}, by="developer")
        for event in ("COMMENT", "REQUEST_CHANGES", "APPROVE"):
            said(self.reviewer("POST", f"{mine}/reviews", {"event": event, "body": "So."}), 200)
        said(self.reviewer("POST", f"{mine}/reviews", {"event": "APPROVE"}), 200)
        said(self.developer("POST", f"{mine}/reviews", {"event": "APPROVE"}), 422)
        said(self.reviewer("POST", f"{mine}/reviews", {"event": "COMMENT"}), 422)
        approved = self.developer.get(f"{mine}/reviews")[-1]
        self.developer.get(f"{mine}/reviews/{approved['id']}")
        said(self.developer("GET", f"{mine}/reviews/1"), 404)
        place = f"{mine}/reviews/{approved['id']}/dismissals"
        said(self.developer("PUT", place, {"message": "Not any more"}), 200)
        said(self.developer("PUT", place, {"message": "Not any more"}), 422)
        self.developer.get(f"{mine}/reviews")
        said(self.developer("DELETE", f"{mine}/requested_reviewers", asked), 200)
        said(self.developer("POST", f"{mine}/requested_reviewers", {"reviewers": ["developer"]}), 422)

    def checks(self) -> None:
        ours, place = self.ours, f"{REPO}/check-runs"
        head = self.hub.branches("acme/platform")["feature/a"]
        run = said(ours("POST", place, {"name": "roadcrew", "head_sha": head, "status": "in_progress"}), 201)
        mine = f"{place}/{run['id']}"
        words = {
            "path": "a",
            "start_line": 1,
            "end_line": 1,
            "annotation_level": "failure",
            "message": "Wrong",
        }
        output = {"title": "Held", "summary": "One finding", "text": "Here", "annotations": [words] * 50}
        said(ours("PATCH", mine, {"status": "in_progress", "output": output, "external_id": "7"}), 200)
        too_many = output | {"annotations": [words] * 51}
        said(ours("PATCH", mine, {"output": too_many}), 422)
        said(ours("PATCH", mine, {"started_at": "yesterday"}), 422)
        said(ours("PATCH", mine, {"started_at": "2026-01-31T13:00:00+01:00"}), 200)
        more = words | {"start_column": 2, "end_column": 4, "title": "Owner", "raw_details": "raw"}
        done = {
            "conclusion": "action_required",
            "completed_at": "2026-01-31T12:00:00Z",
            "details_url": f"{self.hub.url}/why",
            "output": {"title": "Held", "summary": "Two findings", "annotations": [more]},
            "actions": [{"label": "Again", "description": "Look again", "identifier": "again"}],
        }
        said(ours("PATCH", mine, done), 200)
        whole = {"name": "other", "head_sha": head, "status": "completed", "conclusion": "success"}
        said(ours("POST", place, whole), 201)
        said(ours("POST", place, whole | {"head_sha": "0" * 40}), 422)
        said(self.developer("POST", place, whole), 403)
        suite = run["check_suite"]["id"]
        for path in (
            mine,
            f"{mine}/annotations?per_page=30&page=2",
            f"{REPO}/commits/feature/a/check-runs?check_name=roadcrew&filter=all&status=completed",
            f"{REPO}/commits/{head}/check-runs?app_id={self.bot.app.id}",
            f"{REPO}/commits/feature/a/check-suites?check_name=roadcrew",
            f"{REPO}/check-suites/{suite}",
            f"{REPO}/check-suites/{suite}/check-runs?filter=latest",
        ):
            ours.get(path)
        said(self.reviewer("POST", f"{mine}/rerequest"), 201)
        said(self.reviewer("POST", f"{REPO}/check-suites/{suite}/rerequest"), 201)
        pressed = self.hub.world.store.get(CheckRun, run["id"])
        checks.press(self.hub.world, pressed, "again", sender=self.hub.account("developer"))

    def merges(self) -> None:
        mine = f"{REPO}/pulls/{self.number}/merge"
        said(self.developer("GET", mine), 404)
        said(self.developer("PUT", mine, {"sha": "0" * 40}), 409)
        self.hub.commit("acme/platform", "clash", {"c": "2\n"}, by="developer")
        self.hub.commit("acme/platform", "main", {"c": "3\n"}, by="developer")
        clash = self.hub.open_pull("acme/platform", head="clash", by="developer").number
        said(self.developer("PUT", f"{REPO}/pulls/{clash}/merge"), 405)
        self.developer.get(f"{REPO}/pulls/{clash}")
        said(self.developer("PUT", mine, {"merge_method": "squash", "commit_title": "Add a"}), 200)
        said(self.developer("GET", mine), 204)
        said(self.developer("PUT", mine), 405)
        for path in (
            f"{REPO}/pulls?state=closed",
            f"{REPO}/pulls/{self.number}",
            f"{REPO}/issues/{self.number}",
        ):
            self.developer.get(path)
        self.hub.delete_branch("acme/platform", "feature/a", by="developer")
        self.developer.get(f"{REPO}/pulls/{self.number}")

    def forks(self) -> None:
        said(self.stranger("POST", f"{OPEN}/forks", {}), 202)
        self.hub.commit("stranger/open", "change", {"a": "2\n"}, by="stranger")
        asked = {"head": "stranger:change", "base": "main", "title": "From afar"}
        number = said(self.stranger("POST", f"{OPEN}/pulls", asked), 201)["number"]
        head = self.hub.commit("stranger/open", "change", {"a": "3\n"}, by="stranger")
        run = said(self.ours("POST", f"{OPEN}/check-runs", {"name": "roadcrew", "head_sha": head}), 201)
        assert run["pull_requests"] == []
        said(self.stranger("POST", f"{OPEN}/issues/{number}/comments", {"body": "Please"}), 201)
        said(self.developer("POST", f"{OPEN}/pulls/{number}/reviews", {"event": "APPROVE"}), 200)
        for path in ("/forks", f"/pulls/{number}", f"/pulls/{number}/files", "/pulls", f"/issues/{number}"):
            self.developer.get(OPEN + path)
        self.stranger.get("/repos/stranger/open")
        said(self.stranger("PUT", f"{OPEN}/pulls/{number}/merge"), 403)

    def deliveries(self) -> None:
        assert self.hub.hooks.wait_idle()
        ours = self.bot.as_app
        first = ours("GET", "/app/hook/deliveries?per_page=2")
        [newest, _] = said(first, 200)
        cursor = first.headers["Link"].partition("cursor=")[2].partition(">")[0]
        assert ours.get(f"/app/hook/deliveries?per_page=2&cursor={cursor}")
        ours.get(f"/app/hook/deliveries/{newest['id']}")
        said(ours("POST", f"/app/hook/deliveries/{newest['id']}/attempts"), 202)
        said(ours("GET", "/app/hook/deliveries/1"), 404)
        said(self.developer("GET", "/app/hook/deliveries"), 401)
        assert self.hub.hooks.wait_idle()
        self.receiver.status = 500
        said(ours("POST", f"/app/hook/deliveries/{newest['id']}/attempts"), 202)
        assert self.hub.hooks.wait_idle()
        failed = ours.get("/app/hook/deliveries?per_page=1")[0]
        assert (failed["guid"], failed["status_code"], failed["redelivery"]) == (newest["guid"], 500, True)
        ours.get(f"/app/hook/deliveries/{failed['id']}")
        self.receiver.status = 202

    def limits(self) -> None:
        place = f"{OPEN}/issues/1/comments"
        self.hub.limits.settings.content_a_minute = 1
        answers = [self.reviewer("POST", place, {"body": "Quick"}) for _ in range(2)]
        assert said(answers[1], 403)["message"].startswith("You have exceeded a secondary rate limit")
        self.hub.limits.settings.content_a_minute = None
        self.hub.limits.exhaust(by_secret(self.hub.world, self.reviewer.credential))
        assert said(self.reviewer("GET", OPEN), 403)["message"].startswith("API rate limit exceeded")
        self.reviewer.get("/rate_limit")

    def leaving(self) -> None:
        hub, installation = self.hub, self.bot.installation
        developer = hub.account("developer")
        chosen = hub.install(self.bot.app, "developer", repos=["developer/own"])
        said(self.developer("POST", "/user/repos", {"name": "second", "private": True}), 201)
        second = hub.repo("developer/second")
        changed = apps.change_repositories(hub.world, chosen, sender=developer, add=[second])
        apps.change_repositories(hub.world, changed, sender=developer, remove=[second])
        self.bot.as_app.get("/app/installations")
        kept = hub.world.store.get(Installation, installation.id)
        apps.uninstall(hub.world, kept, sender=developer)
        said(self.ours("GET", REPO), 401)
