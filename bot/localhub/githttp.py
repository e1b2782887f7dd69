"""Git over HTTP: authenticates, asks the protections, runs `git http-backend`, tells what moved.

Read and write rights are GitHub's. The backend sees no more of our environment than `git.environment` gives.
"""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import IO, cast

from flask import Flask, Request, Response, request

from bot.localhub import access, refs
from bot.localhub.access import Actor
from bot.localhub.acts import protection, pushes
from bot.localhub.auth import actor_of
from bot.localhub.diffs import EMPTY_TREE
from bot.localhub.git import ZERO, environment
from bot.localhub.problems import Problem
from bot.localhub.records import Repository
from bot.localhub.world import World

_CHUNK = 65_536
_MAX_COMMANDS = 4_000_000
"""Bytes of ref commands that are read at the front of a push."""
_HOOK = """#!/bin/sh
# Refuses updates of protected branches. $LOCALHUB_REFUSED has lines "<ref> <sentence>",
# $LOCALHUB_FORWARD_ONLY the refs that must not be force-pushed. For an App without the permission `workflows`
# $LOCALHUB_NO_WORKFLOWS is what a new branch is compared with.
said=
while read -r ref words; do
  [ "$ref" = "$1" ] && said=$words
done <<REFUSED
$LOCALHUB_REFUSED
REFUSED
if [ -z "$said" ] && [ "$3" != "$ZERO" ] && [ "$2" != "$ZERO" ]; then
  if printf '%s\\n' "$LOCALHUB_FORWARD_ONLY" | grep -qxF "$1"; then
    git merge-base --is-ancestor "$2" "$3" || said="Cannot force-push to this branch"
  fi
fi
if [ -z "$said" ] && [ -n "$LOCALHUB_NO_WORKFLOWS" ] && [ "$3" != "$ZERO" ]; then
  before=$2
  [ "$before" = "$ZERO" ] && before=$LOCALHUB_NO_WORKFLOWS
  file=$(git diff-tree -r --name-only --diff-filter=d "$before" "$3" -- .github/workflows | head -n 1)
  if [ -n "$file" ]; then
    said="refusing to allow a GitHub App to create or update workflow \\`$file\\`"
    echo "$said without \\`workflows\\` permission" >&2
    exit 1
  fi
fi
[ -z "$said" ] && exit 0
echo "error: GH006: Protected branch update failed for $1." >&2
echo "error: $said" >&2
exit 1
"""


def routes(app: Flask, world: World) -> None:
    """Add git's three addresses for every repository."""

    def info_refs(owner: str, name: str) -> Response:
        return _serve(world, owner, name, "info/refs", request.args.get("service", ""))

    def service(owner: str, name: str, service: str) -> Response:
        return _serve(world, owner, name, service, service)

    for suffix in (".git", ""):
        place = f"/<owner>/<name>{suffix}"
        app.add_url_rule(f"{place}/info/refs", f"git_info_refs{suffix}", info_refs)
        rule = f"{place}/<any('git-upload-pack','git-receive-pack'):service>"
        app.add_url_rule(rule, f"git_service{suffix}", service, methods=["POST"])


def _serve(world: World, owner: str, name: str, path: str, service: str) -> Response:
    if service not in ("git-upload-pack", "git-receive-pack"):
        return _text(HTTPStatus.FORBIDDEN, "Please upgrade your git client.")
    is_write = service == "git-receive-pack"
    try:
        with world.lock:
            actor = actor_of(world, request.headers.get("Authorization", ""))
            repo = world.repo(owner, name.removesuffix(".git"))
            refused = _refusal(world, actor, repo, is_write=is_write)
    except Problem:
        return _ask_again("Invalid username or token. Password authentication is not supported.")
    if refused is not None or repo is None:
        return refused or _text(HTTPStatus.NOT_FOUND, "Repository not found.")
    if request.method == "POST" and is_write:
        return _receive(world, actor, repo)
    return _cgi(world.git(repo).path, path, request, _body(request))


def _refusal(world: World, actor: Actor, repo: Repository | None, *, is_write: bool) -> Response | None:
    """GitHub's answer to those who may not; None for those who may."""
    is_nobody = actor.account is None
    if repo is None or not access.can_see(world, actor, repo):
        return _ask_again("Repository not found.") if is_nobody else _not_found()
    if is_nobody and is_write:
        return _ask_again("Authentication required.")
    if not access.may(world, actor, repo, "contents:write" if is_write else "contents:read"):
        if not is_write and repo.is_private:
            return _not_found()
        login = actor.account.login if actor.account else ""
        return _text(HTTPStatus.FORBIDDEN, f"Permission to {world.full_name(repo)}.git denied to {login}.")
    if is_write and repo.is_archived:
        return _text(HTTPStatus.FORBIDDEN, "This repository was archived so it is read-only.")
    return None


def _not_found() -> Response:
    return _text(HTTPStatus.NOT_FOUND, "Repository not found.")


def _text(status: int, words: str) -> Response:
    return Response(words + "\n", status, content_type="text/plain; charset=utf-8")


def _ask_again(words: str) -> Response:
    response = _text(HTTPStatus.UNAUTHORIZED, words)
    response.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    return response


def _body(asked: Request) -> IO[bytes]:
    """The request's body as a file that a child process can read from its start."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (the CGI run closes it)
    shutil.copyfileobj(asked.stream, spool, _CHUNK)
    spool.seek(0)
    return spool


def _receive(world: World, actor: Actor, repo: Repository) -> Response:
    """A push: refused refs are refused by git's own `update` hook; what moved is told before we answer."""
    body = _body(request)
    moves = commands(body, is_gzip=request.headers.get("Content-Encoding") == "gzip")
    with world.push_lock(repo):
        with world.lock:
            env = _hook_environment(world, actor, repo, moves)
        response = _cgi(world.git(repo).path, "git-receive-pack", request, body, env)
        response.set_data(b"".join(response.response))  # type: ignore[arg-type]
        pushes.sync(world, repo, actor)
    return response


def commands(body: IO[bytes], *, is_gzip: bool = False) -> list[tuple[str, str, str]]:
    """The (ref, old, new) at the front of a receive-pack request; leaves the file at its start.

    Format: gitprotocol-pack, "Reference Update Request and Packfile Transfer": pkt-lines up to a flush.
    """
    source = io.BytesIO(_gunzipped(body)) if is_gzip else body
    found: list[tuple[str, str, str]] = []
    while True:
        size = source.read(4)
        length = int(size, 16) if len(size) == 4 else 0  # noqa: PLR2004  (four hexadecimal digits)
        if length <= 4:  # noqa: PLR2004  (a flush, or nothing)
            break
        line = source.read(length - 4).split(b"\0")[0].decode(errors="replace").strip()
        parts = line.split(" ", 2)
        if len(parts) == 3 and len(parts[0]) == len(ZERO):  # noqa: PLR2004  (old, new, ref)
            found.append((parts[2], parts[0], parts[1]))
    body.seek(0)
    return found


def _gunzipped(body: IO[bytes]) -> bytes:
    try:
        return gzip.GzipFile(fileobj=body).read(_MAX_COMMANDS)
    except (OSError, EOFError, zlib.error):
        return b""


def _hook_environment(
    world: World, actor: Actor, repo: Repository, moves: list[tuple[str, str, str]]
) -> dict[str, str]:
    """What the `update` hook must know; nothing where the repository has no protected branch that moves."""
    refused = protection.push_refusals(world, repo, actor, moves)
    forward = [name for name in protection.forward_only(world, repo, actor) if name in {m[0] for m in moves}]
    bound = _workflows_bound(world, actor, repo)
    if not refused and not forward and not bound:
        return {}
    hooks = (world.folder / "hooks").absolute()
    if not (hooks / "update").exists():
        hooks.mkdir(exist_ok=True)
        (hooks / "update").write_text(_HOOK, encoding="utf-8")
        (hooks / "update").chmod(0o755)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(hooks),
        "LOCALHUB_REFUSED": "\n".join(f"{name} {words}" for name, words in refused.items()),
        "LOCALHUB_FORWARD_ONLY": "\n".join(forward),
        "LOCALHUB_NO_WORKFLOWS": bound,
        "ZERO": ZERO,
    }


def _workflows_bound(world: World, actor: Actor, repo: Repository) -> str:
    """Empty for those who may push workflows: users, and Apps with the permission `workflows`."""
    if actor.installation is None or access.token_grants(actor, "workflows:write"):
        return ""
    return refs.tip(world, repo, repo.default_branch) or EMPTY_TREE


def _cgi(
    git_path: Path, path: str, asked: Request, body: IO[bytes], env: dict[str, str] | None = None
) -> Response:
    """Run the backend; its answer streams."""
    length = body.seek(0, 2)
    body.seek(0)
    full = environment(
        GIT_PROJECT_ROOT=str(git_path.parent),
        GIT_HTTP_EXPORT_ALL="1",
        PATH_INFO=f"/{git_path.name}/{path}",
        REMOTE_USER="localhub",
        REQUEST_METHOD=asked.method,
        QUERY_STRING=asked.query_string.decode(errors="replace"),
        CONTENT_TYPE=asked.headers.get("Content-Type", ""),
        CONTENT_LENGTH=str(length),
        HTTP_CONTENT_ENCODING=asked.headers.get("Content-Encoding", ""),
        GIT_PROTOCOL=asked.headers.get("Git-Protocol", ""),
        **(env or {}),
    )
    process = subprocess.Popen(
        ["git", "http-backend"],  # noqa: S607  (git is found on PATH, as for everybody)
        stdin=body,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=full,
    )
    body.close()
    out = cast(io.BufferedReader, process.stdout)
    status, headers = _head(out)
    return Response(_rest(process, out), status, headers)


def _head(out: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    """CGI's header lines; `Status` is the answer's."""
    status = int(HTTPStatus.OK)
    headers: list[tuple[str, str]] = []
    while line := out.readline().strip().decode(errors="replace"):
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return status, headers


def _rest(process: subprocess.Popen[bytes], out: io.BufferedReader) -> Iterator[bytes]:
    """The body, chunk by chunk; ends the process when the reader goes away."""
    try:
        while chunk := out.read1(_CHUNK):
            yield chunk
    finally:
        out.close()
        if process.poll() is None:
            try:
                process.wait(1.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
