"""Words about requests: their part of the review's comment, and their pull requests. Judges nothing.

Whatever people wrote is escaped; nobody is notified by what others write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands.duration import say_duration
from bot.leases.kind import RequestKind
from bot.leases.parameters import names_of, needed_of
from bot.leases.written import Wish
from bot.model.plan import Plan
from bot.model.request_part import RequestPart
from bot.policy.waiver_files import Draft
from bot.report.markdown import code, count, fence, prose, table
from bot.report.replies.wording import people
from bot.report.sentences.words import clean

_PREVIEWS = 8_000
"""Characters of YAML that are shown of all requests together."""
_LISTED = 5


def request_parts(plan: Plan) -> tuple[RequestPart, ...]:
    """What a plan says of requests."""
    return tuple(one for one in plan.parts if isinstance(one, RequestPart))


def request_blocks(parts: Sequence[RequestPart]) -> Iterator[str]:
    """What is asked for, for whom, who may approve it. A paragraph or table each."""
    for part in parts[:_LISTED]:
        yield _block(part)
    if len(parts) > _LISTED:
        yield f"_And {count(len(parts) - _LISTED, 'more request')}: see the files._"


def request_next(parts: Sequence[RequestPart]) -> str:
    """What the reader can do about them; empty where there is nothing to approve."""
    waiting = [one for one in parts if one.change != "removed"]
    if not waiting:
        return ""
    who = waiting[0].approvers
    if not who:
        return "nobody may approve this, as its kind is set up: ask the owner of the template."
    said = f"{people(who)} can write {code('/approve')}, or {code('/deny')} with `--reason`"
    if waiting[0].is_mixed:
        said = f"{people(who)} can approve it with a review, as it changes more than requests"
    needed = max(one.approvals for one in waiting)
    more = f"; {needed} of them have to" if needed > 1 else ""
    return f"{said}{more}. Who asked, and whom it is for, cannot."


def request_headline(parts: Sequence[RequestPart]) -> str:
    """What waits for an approval, in a line; empty where nothing does."""
    waiting = [one for one in parts if one.change != "removed"]
    if not waiting:
        return ""
    if len(waiting) > 1:
        return f"\u23f3 Needs an approval: {count(len(waiting), 'request')}"
    one = waiting[0]
    what = f"{prose(_what(one))} for {code(one.service.rpartition('/')[2])} in {code(one.environment)}"
    return f"\U0001f6a8 Break-glass: {what}" if one.is_break_glass else f"\u23f3 Needs an approval: {what}"


def request_previews(parts: Sequence[RequestPart]) -> str:
    """The objects that they would make, folded."""
    shown = [one for one in parts[:_LISTED] if one.files]
    return "\n\n".join(_preview(one, _PREVIEWS // len(shown)) for one in shown)


def _block(part: RequestPart) -> str:
    if part.change == "removed":
        ends = " Merging this ends it at once." if part.is_standing else ""
        return f"**Takes back the request {code(part.name)}.**{ends}"
    head = f"**{'Changes' if part.change == 'changed' else 'Asks for'} {prose(_what(part))}.**"
    rows = [
        ("for", _whom(part)),
        ("service", code(part.service)),
        ("environment", code(part.environment)),
        *([("reaches too", _beside(part))] if part.beside else []),
        ("how long", _how_long(part)),
        ("why", code(part.reason)),
    ]
    lines = [head, table(("", ""), rows)]
    if part.is_break_glass:
        lines.append(
            "\U0001f6a8 **Break-glass:** Roadcrew merges it without approval once this check has passed. "
            "It is in force from then on, and reviewed afterwards."
        )
    return "\n\n".join(lines)


def _what(part: RequestPart) -> str:
    return clean(part.title or part.kind)


def _whom(part: RequestPart) -> str:
    asks = code(part.requester) if part.requester else "who opens the pull request"
    behalf = f" on behalf of {code(part.on_behalf_of)}" if part.on_behalf_of else ""
    subject = code(part.subject) if part.subject else "nobody in the catalog"
    return f"{subject}, asked for by {asks}{behalf}"


def _beside(part: RequestPart) -> str:
    """What lives in the namespace that it opens, by whose it is."""
    by_owner: dict[str, list[str]] = {}
    for one in part.beside:
        ref, _, owner = one.partition(" ")
        by_owner.setdefault(owner, []).append(ref)
    said = [
        f"{_few(refs)} of {code(owner.rpartition('/')[2]) if owner else 'nobody'}"
        for owner, refs in sorted(by_owner.items())
    ]
    return f"all of its namespace: {'; '.join(said)}"


def _few(refs: Sequence[str]) -> str:
    shown = [code(one.rpartition("/")[2]) for one in refs[:_LISTED]]
    return ", ".join(shown) + (f" and {len(refs) - _LISTED} more" if len(refs) > _LISTED else "")


def _how_long(part: RequestPart) -> str:
    if not part.duration:
        return "until its file is removed"
    most = f"; {part.most} at most, extended" if part.most and part.most != part.duration else ""
    begin = "when it is merged" if part.is_break_glass else "the approval on"
    return f"{part.duration} from {begin}{most}"


def _preview(part: RequestPart, room: int) -> str:
    text = "---\n".join(data.decode("utf-8", "replace") for _, data in sorted(part.files.items()))
    shown = text if len(text) <= room else text[:room] + "\n# ... and more\n"
    summary = f"What {code(part.name)} would make: {count(len(part.files), 'object')}"
    note = "Times, and who approved, are filled in when it is approved."
    return f"<details><summary>{summary}</summary>\n\n{note}\n\n{fence(shown, 'yaml')}\n\n</details>"


def request_pull(name: str, title: str, wish: Wish, number: int) -> tuple[str, str]:
    """Title and body of the pull request for a request. `number`: of the thread where it was asked for."""
    glass = "Break-glass: " if wish.is_break_glass else ""
    what = f"{glass}{clean(title)} for {clean(wish.service)} in {clean(wish.environment)}"
    lines = [
        _stamp(name),
        f"{_asks(wish)}{_in_thread(number)}: {code(wish.reason)}",
        (
            "The check tells what it would make, and who may approve it with `/approve`. "
            "Closing this, or `/cancel`, takes it back."
        ),
    ]
    return what, "\n\n".join(lines)


def waiver_pull(name: str, draft: Draft, login: str, number: int) -> tuple[str, str]:
    """As `request_pull`, for a waiver."""
    rules, targets = ", ".join(draft.rules), ", ".join(draft.targets)
    lines = [
        _stamp(name),
        f"{code(login)} asks for this{_in_thread(number)}: {code(draft.reason)}",
        (
            f"Until the end of {draft.expires.isoformat()}, {code(targets)} need not keep {code(rules)}. "
            "It holds once this is merged. Someone else than who asks approves it, with a review on GitHub; "
            "`/approve` is for requests."
        ),
    ]
    return f"Waive {clean(rules)} for {clean(targets)}", "\n\n".join(lines)


def kinds_text(kinds: Sequence[RequestKind]) -> str:
    """What can be asked for, for a terminal."""
    if not kinds:
        return "Nothing can be asked for here: there is no template with `spec.type: request`."
    return "\n\n".join(_kind_text(one) for one in kinds)


def _kind_text(kind: RequestKind) -> str:
    needed = needed_of(kind)
    shown = [f"{one}{'' if one in needed else '?'}" for one in names_of(kind)]
    lasts = "until its file is removed"
    if kind.maximum is not None:
        usual = say_duration(kind.default) if kind.default is not None else ""
        lasts = f"{usual}, {say_duration(kind.maximum)} at most"
    people_ = f"{kind.approvals} of {', '.join(kind.approvers)}"
    lines = [
        f"{kind.name}  {clean(kind.summary)}",
        f"    parameters    {', '.join(shown) or 'none'}",
        f"    approved by   {people_}",
        f"    lasts         {lasts}",
    ]
    if kind.environments:
        lines.append(f"    environments  {', '.join(kind.environments)}")
    if kind.break_glass is not None:
        longest = say_duration(kind.break_glass.maximum)
        lines.append(f"    break-glass   {', '.join(kind.break_glass.roles)}, {longest} at most")
    return "\n".join(lines)


def written_text(path: str, kind: RequestKind) -> str:
    """What `roadcrew request new` says when it is done."""
    who = ", ".join(kind.approvers)
    return (
        f"{clean(path)}\n"
        f"    Commit it on a branch and open a pull request: {kind.approvals} of {who} approve it there.\n"
        "    With --open, that is done for you."
    )


def asked_by(login: str) -> str:
    """How the body of a pull request for a request of this account begins, behind its hidden line."""
    return f"{code(login)} asks for this"


def _asks(wish: Wish) -> str:
    return asked_by(wish.requested_by) if wish.requested_by else "Asked for"


def _in_thread(number: int) -> str:
    return f" in #{number}" if number else ""


def _stamp(name: str) -> str:
    return f"<!-- roadcrew:request {name} -->"
