"""Threads: issues, also those behind pull requests, their comments, labels, reactions and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bot.localhub.records import Comment, Issue, IssueEvent, Label, Pull, Reaction, Repository, Thread
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, api, html, node_id
from bot.localhub.shapes.apps import app_json, issue_app_json
from bot.localhub.view import View

CONTENTS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label_json(view: View, label: Label) -> Json:
    """`label`."""
    return label_in_pull_json(view, label) | {"archived_at": None}


def label_in_pull_json(view: View, label: Label) -> Json:
    """A label inside of a pull request or an issue, which does not tell when it was archived."""
    return label_hook_json(view, label) | {"archived_by": None}


def label_hook_json(view: View, label: Label) -> Json:
    """A label in the issue of a webhook, which knows nothing of archived labels."""
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": api(view, view.repo(label.repo_id), "labels", label.name),
        "name": label.name,
        "color": label.color,
        "default": label.is_default,
        "description": label.description,
    }


def rollup_json(url: str, reactions: Iterable[Reaction]) -> Json:
    """`reaction-rollup`: how many there are of each content."""
    counts: Counter[str] = Counter(reaction.content for reaction in reactions)
    each = {content: counts[content] for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": counts.total(), **each}


def reaction_json(view: View, reaction: Reaction) -> Json:
    """`reaction`."""
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": user_json(view, view.account(reaction.account_id)),
        "content": reaction.content,
        "created_at": reaction.created_at,
    }


def comment_json(view: View, comment: Comment) -> Json:
    """`issue-comment`."""
    repo = view.repo(comment.repo_id)
    author = view.account(comment.author_id)
    url = api(view, repo, "issues/comments", comment.id)
    app = view.app(comment.app_id) if comment.app_id is not None else None
    return {
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": url,
        "html_url": f"{_page(view, repo, comment.number)}#issuecomment-{comment.id}",
        "issue_url": api(view, repo, "issues", comment.number),
        "user": user_json(view, author),
        "body": comment.body,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": view.association(repo, author),
        "reactions": rollup_json(url, view.reactions_of(comment.id)),
        "performed_via_github_app": app_json(view, app) if app else None,
    }


def comment_hook_json(view: View, comment: Comment) -> Json:
    """A comment in `issue_comment`: the same as in the API."""
    return comment_json(view, comment)


def issue_json(view: View, thread: Thread) -> Json:
    """`issue`, also of a pull request."""
    closer = view.account(thread.closed_by_id) if thread.closed_by_id is not None else None
    app = view.app(thread.app_id) if thread.app_id is not None else None
    return _issue(view, thread) | {
        "labels": [label_in_pull_json(view, view.label(each)) for each in thread.label_ids],
        "closed_by": user_json(view, closer) if closer else None,
        "performed_via_github_app": app_json(view, app) if app else None,
    }


def issue_hook_json(view: View, thread: Thread) -> Json:
    """The issue in `issue_comment`."""
    app = view.app(thread.app_id) if thread.app_id is not None else None
    return _issue(view, thread) | {
        "labels": [label_hook_json(view, view.label(each)) for each in thread.label_ids],
        "performed_via_github_app": issue_app_json(view, app) if app else None,
    }


def issue_event_json(view: View, event: IssueEvent) -> Json:
    """One of `issue-event-for-issue`: those about heads say nothing of commits."""
    repo = view.repo(event.repo_id)
    return {
        "id": event.id,
        "node_id": node_id("HRE", event.id),
        "url": api(view, repo, "issues/events", event.id),
        "actor": user_json(view, view.account(event.actor_id)),
        "event": event.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": event.created_at,
        "performed_via_github_app": None,
    }


def _page(view: View, repo: Repository, number: int) -> str:
    kind = "issues" if isinstance(view.thread(repo.id, number), Issue) else "pull"
    return html(view, repo, kind, number)


def _issue(view: View, thread: Thread) -> Json:
    repo = view.repo(thread.repo_id)
    author = view.account(thread.author_id)
    url = api(view, repo, "issues", thread.number)
    assignees = [user_json(view, view.account(each)) for each in thread.assignee_ids]
    shown = {
        "id": thread.issue_id,
        "node_id": node_id("PR" if isinstance(thread, Pull) else "I", thread.id),
        "url": url,
        "repository_url": api(view, repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": _page(view, repo, thread.number),
        "number": thread.number,
        "title": thread.title,
        "body": thread.body,
        "user": user_json(view, author),
        "author_association": view.association(repo, author),
        "state": thread.state,
        "state_reason": None if isinstance(thread, Pull) else thread.state_reason,
        "locked": False,
        "active_lock_reason": None,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "comments": view.comments_count(thread),
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
        "closed_at": thread.closed_at,
        "reactions": rollup_json(url, view.reactions_of(thread.issue_id)),
    }
    return shown | (_of_pull(view, thread) if isinstance(thread, Pull) else {})


def _of_pull(view: View, pull: Pull) -> Json:
    repo = view.repo(pull.repo_id)
    page = html(view, repo, "pull", pull.number)
    return {
        "draft": pull.is_draft,
        "pull_request": {
            "url": api(view, repo, "pulls", pull.number),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": pull.merged_at,
        },
    }
