"""Threads over REST, of issues and pull requests: comments, reactions to them, and labels."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import BaseModel

from bot.localhub.acts import threads
from bot.localhub.api.call import NO_CONTENT, Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.problems import not_found
from bot.localhub.records import Comment, Issue, Label, Reaction, Thread
from bot.localhub.shapes.issues import comment_json, issue_json, label_json, reaction_json

_REPO = "/repos/<owner>/<repo>"
_ISSUE = f"{_REPO}/issues/<int:number>"
_COMMENTS = f"{_REPO}/issues/comments"
_COMMENT = f"{_COMMENTS}/<int:comment_id>"
READ = "issues:read|pull_requests:read"
WRITE = "issues:write|pull_requests:write"
_SORTS = {"created": "created_at", "updated": "updated_at"}


class CommentAsked(BaseModel):
    """POST and PATCH comments."""

    body: str


class LabelNamed(BaseModel):
    """The long way to say a label."""

    name: str


class LabelsAsked(BaseModel):
    """POST labels: `{"labels": [...]}` or the list alone, of names or of `{"name": ...}`."""

    labels: list[str | LabelNamed]


class ReactionAsked(BaseModel):
    """POST reactions."""

    content: str


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _thread(rest)
    _comment(rest)
    _reactions(rest)
    _labels(rest)


def readable(call: Call, number: int) -> Thread:
    """The issue or pull request. For a pull request's thread an App needs either of two permissions."""
    found = call.thread(number)
    if isinstance(found, Issue):
        call.demand("issues:read", user="pull")
    return found


def writable(call: Call, number: int) -> Thread:
    """The same for those who may write in it."""
    found = call.thread(number)
    if isinstance(found, Issue):
        call.demand("issues:write", user="pull")
    return found


def _found(call: Call, comment_id: int) -> Comment:
    for comment in call.world.store.find(Comment, repo_id=call.repo.id):
        if comment.id == comment_id:
            return comment
    raise not_found()


def _thread(rest: Rest) -> None:
    @rest.route("GET", _ISSUE, needs=READ)
    def issue(call: Call, number: int) -> Reply:
        return Reply(issue_json(call.view, readable(call, number)))

    @rest.route("GET", f"{_ISSUE}/comments", needs=READ)
    def comments(call: Call, number: int) -> Reply:
        found = call.world.store.find(Comment, repo_id=call.repo.id, number=readable(call, number).number)
        since = call.arg("since")
        recent = [one for one in found if one.updated_at >= since]
        return call.listed(recent, lambda one: comment_json(call.view, one))

    @rest.route("POST", f"{_ISSUE}/comments", needs=WRITE, user="pull", is_content=True)
    def create(call: Call, number: int) -> Reply:
        body = call.body(CommentAsked).body
        comment = threads.create_comment(call.world, writable(call, number), body, actor=call.actor)
        shown = comment_json(call.view, comment)
        return Reply(shown, HTTPStatus.CREATED, {"Location": str(shown["url"])})

    @rest.route("GET", _COMMENTS, needs=READ)
    def all_comments(call: Call) -> Reply:
        """All of the repository; oldest first unless `sort` and `direction` say otherwise."""
        since, sort = call.arg("since"), call.arg("sort", "created")
        found = [
            one for one in call.world.store.find(Comment, repo_id=call.repo.id) if one.updated_at >= since
        ]
        if sort in _SORTS:
            descends = call.arg("direction", "asc") == "desc"
            found.sort(key=lambda one: (getattr(one, _SORTS[sort]), one.id), reverse=descends)
        return call.listed(found, lambda one: comment_json(call.view, one))


def _comment(rest: Rest) -> None:
    @rest.route("GET", _COMMENT, needs=READ)
    def comment(call: Call, comment_id: int) -> Reply:
        return Reply(comment_json(call.view, _found(call, comment_id)))

    @rest.route("PATCH", _COMMENT, needs=WRITE, user="pull", is_content=True)
    def edit(call: Call, comment_id: int) -> Reply:
        body = call.body(CommentAsked).body
        old = _mine(call, comment_id)
        return Reply(comment_json(call.view, threads.edit_comment(call.world, old, body, actor=call.actor)))

    @rest.route("DELETE", _COMMENT, needs=WRITE, user="pull")
    def delete(call: Call, comment_id: int) -> Reply:
        threads.delete_comment(call.world, _mine(call, comment_id), actor=call.actor)
        return NO_CONTENT


def _mine(call: Call, comment_id: int) -> Comment:
    """The comment, for its author and for those who may write here."""
    found = _found(call, comment_id)
    if found.author_id != call.account().id:
        call.demand(WRITE, user="push")
    return found


def _reactions(rest: Rest) -> None:
    place = f"{_COMMENT}/reactions"

    @rest.route("GET", place, needs=READ)
    def reactions(call: Call, comment_id: int) -> Reply:
        found = call.world.store.find(Reaction, subject_id=_found(call, comment_id).id)
        wanted = [one for one in found if call.arg("content") in ("", one.content)]
        return call.listed(wanted, lambda one: reaction_json(call.view, one))

    @rest.route("POST", place, needs=WRITE, user="pull")
    def react(call: Call, comment_id: int) -> Reply:
        content = call.body(ReactionAsked).content
        reaction, is_new = threads.react(call.world, _found(call, comment_id).id, content, actor=call.actor)
        status = HTTPStatus.CREATED if is_new else HTTPStatus.OK
        return Reply(reaction_json(call.view, reaction), status)

    @rest.route("DELETE", f"{place}/<int:reaction_id>", needs=WRITE, user="pull")
    def unreact(call: Call, comment_id: int, reaction_id: int) -> Reply:
        for reaction in call.world.store.find(Reaction, subject_id=_found(call, comment_id).id):
            if reaction.id == reaction_id and reaction.account_id == call.account().id:
                threads.unreact(call.world, reaction)
                return NO_CONTENT
        raise not_found()


def _labels(rest: Rest) -> None:
    place = f"{_ISSUE}/labels"

    def labels_of(call: Call, number: int) -> list[Label]:
        return [call.view.label(one) for one in readable(call, number).label_ids]

    @rest.route("GET", f"{_REPO}/labels", needs=READ)
    def all_labels(call: Call) -> Reply:
        found = call.world.store.find(Label, repo_id=call.repo.id)
        return call.listed(found, lambda one: label_json(call.view, one))

    @rest.route("GET", place, needs=READ)
    def labels(call: Call, number: int) -> Reply:
        return call.listed(labels_of(call, number), lambda one: label_json(call.view, one))

    @rest.route("POST", place, needs=WRITE, user="triage")
    def add(call: Call, number: int) -> Reply:
        asked = call.body(LabelsAsked, bare="labels").labels
        names = [one if isinstance(one, str) else one.name for one in asked]
        threads.add_labels(call.world, writable(call, number), names, actor=call.actor)
        return Reply([label_json(call.view, one) for one in labels_of(call, number)])

    @rest.route("DELETE", f"{place}/<path:name>", needs=WRITE, user="triage")
    def remove(call: Call, number: int, name: str) -> Reply:
        threads.remove_label(call.world, writable(call, number), name, actor=call.actor)
        return Reply([label_json(call.view, one) for one in labels_of(call, number)])
