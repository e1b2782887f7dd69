"""Branches, their protection, and refs over REST."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from bot.localhub import refs
from bot.localhub.acts import protection, pushes
from bot.localhub.api.call import NO_CONTENT, Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.git import ZERO
from bot.localhub.problems import Problem, forbidden, not_found, unprocessable
from bot.localhub.records import Account, App, Protection, RequiredCheck, Restrictions, Team
from bot.localhub.shapes.branches import branch_json, protection_json, short_branch_json
from bot.localhub.shapes.gitdata import ref_json

_REPO = "/repos/<owner>/<repo>"


class CheckAsked(BaseModel):
    """One of `required_status_checks.checks`."""

    context: str
    app_id: int | None = None


class ChecksAsked(BaseModel):
    """`required_status_checks`."""

    strict: bool
    contexts: list[str] = []
    checks: list[CheckAsked] = []


class ReviewsAsked(BaseModel):
    """`required_pull_request_reviews`."""

    required_approving_review_count: int = 1
    dismiss_stale_reviews: bool = False
    require_code_owner_reviews: bool = False


class RestrictionsAsked(BaseModel):
    """`restrictions`: logins and slugs."""

    users: list[str]
    teams: list[str]
    apps: list[str] = []


class ProtectionAsked(BaseModel):
    """PUT protection; the four without a default must be said, null where not wanted."""

    required_status_checks: ChecksAsked | None
    enforce_admins: bool | None
    required_pull_request_reviews: ReviewsAsked | None
    restrictions: RestrictionsAsked | None
    required_linear_history: bool | None = None
    allow_force_pushes: bool | None = None
    allow_deletions: bool | None = None
    required_conversation_resolution: bool | None = None


class RefAsked(BaseModel):
    """POST git/refs."""

    ref: str
    sha: str


class MoveAsked(BaseModel):
    """PATCH git/refs."""

    sha: str
    force: bool = False


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _branches(rest)
    _protection(rest)
    _read_refs(rest)
    _write_refs(rest)


def _tip(call: Call, branch: str) -> str:
    sha = refs.tip(call.world, call.repo, branch)
    if sha is None:
        raise Problem(HTTPStatus.NOT_FOUND, "Branch not found")
    return sha


def _branches(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/branches", needs="contents:read")
    def branches(call: Call) -> Reply:
        found = list(refs.branches(call.world, call.repo).items())
        if call.arg("protected"):
            wanted = call.arg("protected") == "true"
            found = [one for one in found if (call.view.protection(call.repo, one[0]) is not None) == wanted]
        return call.listed(found, lambda one: short_branch_json(call.view, call.repo, *one))

    @rest.route("GET", f"{_REPO}/branches/<path:branch>", needs="contents:read")
    def branch(call: Call, branch: str) -> Reply:
        return Reply(branch_json(call.view, call.repo, branch, _tip(call, branch)))


def _protection(rest: Rest) -> None:
    place = f"{_REPO}/branches/<path:branch>/protection"

    @rest.route("GET", place, needs="administration:read", user="admin")
    def get_protection(call: Call, branch: str) -> Reply:
        return Reply(protection_json(call.view, _protected(call, branch)))

    @rest.route("PUT", place, needs="administration:write")
    def put_protection(call: Call, branch: str) -> Reply:
        _tip(call, branch)
        new = protection.protect(call.world, _asked_protection(call, branch, call.body(ProtectionAsked)))
        return Reply(protection_json(call.view, new))

    @rest.route("DELETE", place, needs="administration:write")
    def delete_protection(call: Call, branch: str) -> Reply:
        protection.unprotect(call.world, _protected(call, branch))
        return NO_CONTENT


def _protected(call: Call, branch: str) -> Protection:
    _tip(call, branch)
    found = call.view.protection(call.repo, branch)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "Branch not protected")
    return found


def _asked_protection(call: Call, branch: str, asked: ProtectionAsked) -> Protection:
    checks, reviews = asked.required_status_checks, asked.required_pull_request_reviews
    return Protection(
        id=0,
        repo_id=call.repo.id,
        branch=branch,
        required_checks=_required(checks) if checks is not None else None,
        is_strict=checks.strict if checks else False,
        required_approvals=reviews.required_approving_review_count if reviews else None,
        dismiss_stale_reviews=reviews.dismiss_stale_reviews if reviews else False,
        require_code_owner_reviews=reviews.require_code_owner_reviews if reviews else False,
        restrictions=_restrictions(call, asked.restrictions),
        enforce_admins=bool(asked.enforce_admins),
        required_linear_history=bool(asked.required_linear_history),
        allow_force_pushes=bool(asked.allow_force_pushes),
        allow_deletions=bool(asked.allow_deletions),
        required_conversation_resolution=bool(asked.required_conversation_resolution),
    )


def _required(asked: ChecksAsked) -> tuple[RequiredCheck, ...]:
    """`contexts` are checks of anyone; -1 is GitHub's word for the same in `checks`."""
    named = [RequiredCheck(one.context, None if one.app_id == -1 else one.app_id) for one in asked.checks]
    return tuple(dict.fromkeys([*named, *(RequiredCheck(context) for context in asked.contexts)]))


def _restrictions(call: Call, asked: RestrictionsAsked | None) -> Restrictions | None:
    if asked is None:
        return None
    users = [call.world.store.first(Account, login_key=login.lower()) for login in asked.users]
    teams = [call.world.store.first(Team, org_id=call.repo.owner_id, slug=slug) for slug in asked.teams]
    apps = [call.world.store.first(App, slug=slug) for slug in asked.apps]
    return Restrictions(_ids(users), _ids(teams), _ids(apps))


def _ids(found: list[Any]) -> tuple[int, ...]:
    if None in found:
        raise unprocessable("Validation Failed", "Only existing users, teams and apps may be added.")
    return tuple(one.id for one in found)


def _all_refs(call: Call, prefix: str) -> dict[str, str]:
    return call.world.git(call.repo).refs("refs/heads", "refs/tags", "refs/pull") if prefix else {}


def _ref_reply(call: Call, name: str, sha: str) -> dict[str, Any]:
    kind = call.world.git(call.repo).type_of(sha) or "commit"
    return ref_json(call.view, call.repo, name, sha, kind)


def _read_refs(rest: Rest) -> None:
    @rest.route("GET", f"{_REPO}/git/ref/<path:ref>", needs="contents:read")
    def ref(call: Call, ref: str) -> Reply:
        sha = _all_refs(call, ref).get(f"refs/{ref}")
        if sha is None:
            raise not_found()
        return Reply(_ref_reply(call, f"refs/{ref}", sha))

    @rest.route("GET", f"{_REPO}/git/matching-refs/<path:ref>", needs="contents:read")
    def matching_refs(call: Call, ref: str) -> Reply:
        found = [one for one in _all_refs(call, ref).items() if one[0].startswith(f"refs/{ref}")]
        return Reply([_ref_reply(call, name, sha) for name, sha in found])


def _write_refs(rest: Rest) -> None:
    @rest.route("POST", f"{_REPO}/git/refs", needs="contents:write")
    def create_ref(call: Call) -> Reply:
        asked = call.body(RefAsked)
        if not asked.ref.startswith("refs/") or asked.ref.count("/") < 2:  # noqa: PLR2004  (refs/<kind>/<name>)
            raise unprocessable("Reference name must start with 'refs/' and have at least two slashes.")
        if asked.ref in _all_refs(call, asked.ref):
            raise unprocessable("Reference already exists")
        if not asked.ref.startswith((refs.HEADS, refs.TAGS)):
            raise unprocessable("Reference update failed")
        _move(call, asked.ref, ZERO, _existing(call, asked.sha))
        return Reply(_ref_reply(call, asked.ref, asked.sha), HTTPStatus.CREATED)

    @rest.route("PATCH", f"{_REPO}/git/refs/<path:ref>", needs="contents:write")
    def move_ref(call: Call, ref: str) -> Reply:
        asked = call.body(MoveAsked)
        name, old, new = f"refs/{ref}", _known(call, ref), _existing(call, asked.sha)
        if not asked.force and not call.world.git(call.repo).is_ancestor(old, new):
            raise unprocessable("Update is not a fast forward")
        _move(call, name, old, new)
        return Reply(_ref_reply(call, name, asked.sha))

    @rest.route("DELETE", f"{_REPO}/git/refs/<path:ref>", needs="contents:write")
    def delete_ref(call: Call, ref: str) -> Reply:
        _move(call, f"refs/{ref}", _known(call, ref), ZERO)
        return NO_CONTENT


def _known(call: Call, ref: str) -> str:
    old = refs.known(call.world, call.repo.id).get(f"refs/{ref}")
    if old is None:
        raise unprocessable("Reference does not exist")
    return old


def _existing(call: Call, sha: str) -> str:
    """Problem 422 for what is no full id of an object here; git's zeros, which would delete, name none."""
    if not re.fullmatch(r"[0-9a-f]{40}", sha):
        raise unprocessable("The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if call.world.git(call.repo).type_of(sha) is None:
        raise unprocessable("Object does not exist")
    return sha


def _move(call: Call, name: str, old: str, new: str) -> None:
    """Move a branch or tag as asked, where protection lets it, and tell of it."""
    git = call.world.git(call.repo)
    said = protection.push_refusals(call.world, call.repo, call.actor, [(name, old, new)])
    if (
        not said
        and ZERO not in (old, new)
        and name in protection.forward_only(call.world, call.repo, call.actor)
    ):
        said = {} if git.is_ancestor(old, new) else {name: "Cannot force-push to this branch"}
    if said:
        raise unprocessable(f"Cannot update this protected ref. {said[name]}")
    if new == ZERO and name == refs.HEADS + call.repo.default_branch:
        raise forbidden("Cannot delete the default branch.")
    if new == ZERO:
        git.delete_ref(name, old)
    else:
        git.update_ref(name, new, old)
    pushes.sync(call.world, call.repo, call.actor)
