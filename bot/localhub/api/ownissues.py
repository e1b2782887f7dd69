"""Issues over REST: opened, listed (pull requests among them), changed, reacted to, and their events."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from bot.localhub.acts import issues, pulls, threads
from bot.localhub.api.call import NO_CONTENT, Call, Reply
from bot.localhub.api.issues import LabelNamed, ReactionAsked, readable, writable
from bot.localhub.api.rest import Rest
from bot.localhub.problems import not_found
from bot.localhub.records import Issue, IssueEvent, Label, Pull, Reaction
from bot.localhub.shapes.issues import issue_event_json, issue_json, reaction_json

_REPO = "/repos/<owner>/<repo>"
_ISSUE = f"{_REPO}/issues/<int:number>"
_READ = "issues:read|pull_requests:read"
_WRITE = "issues:write|pull_requests:write"
_SORTS = ("created", "updated")


class IssueAsked(BaseModel):
    """POST issues."""

    title: str
    body: str | None = None
    labels: list[str | LabelNamed] = []


class IssueEdited(BaseModel):
    """PATCH issues."""

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None
    state_reason: Literal["completed", "not_planned", "reopened", "duplicate"] | None = None
    labels: list[str | LabelNamed] | None = None


def _names(labels: list[str | LabelNamed]) -> list[str]:
    return [one if isinstance(one, str) else one.name for one in labels]


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _listing(rest)
    _making(rest)
    _reactions(rest)


def _listing(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/issues", needs="issues:read")
    def every(call: Call) -> Reply:
        """Open ones, newest first, unless the query says otherwise."""
        store, repo_id = call.world.store, call.repo.id
        found: list[Pull | Issue] = [*store.find(Pull, repo_id=repo_id), *store.find(Issue, repo_id=repo_id)]
        wanted = [one for one in found if _is_wanted(call, one)]
        sort = call.arg("sort", "created")
        by = f"{sort if sort in _SORTS else 'created'}_at"
        wanted.sort(key=lambda one: (getattr(one, by), one.number), reverse=call.arg("direction") != "asc")
        return call.listed(wanted, lambda one: issue_json(call.view, one))

    @rest.route("GET", f"{_ISSUE}/events", needs=_READ)
    def events(call: Call, number: int) -> Reply:
        thread = readable(call, number)
        found = call.world.store.find(IssueEvent, repo_id=thread.repo_id, number=thread.number)
        return call.listed(found, lambda one: issue_event_json(call.view, one))


def _is_wanted(call: Call, one: Pull | Issue) -> bool:
    labels = {call.world.store.get(Label, label_id).name.lower() for label_id in one.label_ids}
    asked = [name.strip().lower() for name in call.arg("labels").split(",") if name.strip()]
    author = call.view.account(one.author_id).login.lower()
    return (
        call.arg("state", "open") in ("all", one.state)
        and call.arg("creator").lower() in ("", author)
        and labels.issuperset(asked)
        and one.updated_at >= call.arg("since")
    )


def _making(rest: Rest) -> None:
    @rest.route("POST", f"{_REPO}/issues", needs="issues:write", user="pull", is_content=True)
    def create(call: Call) -> Reply:
        asked = call.body(IssueAsked)
        # GitHub drops the labels of those who may not label, and says nothing.
        labels = _names(asked.labels) if call.may("issues:write", user="triage") else []
        made = issues.open_issue(
            call.world, call.repo, actor=call.actor, title=asked.title, body=asked.body, labels=labels
        )
        shown = issue_json(call.view, made)
        return Reply(shown, HTTPStatus.CREATED, {"Location": str(shown["url"])})

    @rest.route("PATCH", _ISSUE, needs=_WRITE, user="pull")
    def edit(call: Call, number: int) -> Reply:
        found, asked = writable(call, number), call.body(IssueEdited)
        if found.author_id != call.account().id:
            call.demand(_WRITE, user="triage")
        if isinstance(found, Pull):
            return Reply(issue_json(call.view, _edit_pull(call, found, asked)))
        new = issues.edit_issue(
            call.world,
            found,
            actor=call.actor,
            title=asked.title,
            body=asked.body,
            state=asked.state,
            reason=asked.state_reason,
            labels=None if asked.labels is None else _names(asked.labels),
        )
        return Reply(issue_json(call.view, new))


def _edit_pull(call: Call, pull: Pull, asked: IssueEdited) -> Pull:
    new = pulls.edit(call.world, pull, actor=call.actor, title=asked.title, body=asked.body)
    return pulls.set_state(call.world, new, asked.state, actor=call.actor) if asked.state else new


def _reactions(rest: Rest) -> None:
    place = f"{_ISSUE}/reactions"

    @rest.route("GET", place, needs=_READ)
    def reactions(call: Call, number: int) -> Reply:
        found = call.world.store.find(Reaction, subject_id=readable(call, number).issue_id)
        wanted = [one for one in found if call.arg("content") in ("", one.content)]
        return call.listed(wanted, lambda one: reaction_json(call.view, one))

    @rest.route("POST", place, needs=_WRITE, user="pull")
    def react(call: Call, number: int) -> Reply:
        content = call.body(ReactionAsked).content
        subject = writable(call, number).issue_id
        reaction, is_new = threads.react(call.world, subject, content, actor=call.actor)
        return Reply(reaction_json(call.view, reaction), HTTPStatus.CREATED if is_new else HTTPStatus.OK)

    @rest.route("DELETE", f"{place}/<int:reaction_id>", needs=_WRITE, user="pull")
    def unreact(call: Call, number: int, reaction_id: int) -> Reply:
        for reaction in call.world.store.find(Reaction, subject_id=writable(call, number).issue_id):
            if reaction.id == reaction_id and reaction.account_id == call.account().id:
                threads.unreact(call.world, reaction)
                return NO_CONTENT
        raise not_found()
