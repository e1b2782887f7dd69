"""Words of `roadcrew render` and `roadcrew diff`: one stream of manifests, a patch, and notes beside them."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.catalog.search import NotOne
from bot.model.plan import FileChange, Finding, Severity
from bot.report.catalog import not_one_text
from bot.report.markdown import count
from bot.report.sentences.words import clean

_NAMED = 5
_NO_NEWLINE = "\\ No newline at end of file\n"


def no_environment_text() -> str:
    """Why nothing can be rendered."""
    return "There is no Environment here that can be used, so nothing is rendered."


def unknown_environment_text(name: str, near: Sequence[str]) -> str:
    """There is none of this name."""
    meant = f" Did you mean {' or '.join(map(clean, near))}?" if near else ""
    return f"There is no environment {clean(name) or ' '}.{meant}"


def not_rendered_text(found: NotOne, bare: str) -> str:
    """Why a name leads to nothing that is rendered. `bare`: an entity of that name that is not."""
    if bare and not found.candidates:
        return f"{clean(bare)} is not rendered: it has no `spec.deploy`, or as a Resource no `spec.template`."
    return not_one_text(found)


def failed_text(failed: Collection[str], wanted: int) -> str:
    """Which components have no manifests because something is wrong."""
    return f"{_named(failed)} of {wanted:,} could not be rendered." if failed else ""


def incomparable_text(failed: Collection[str], side: str) -> str:
    """Which components are left out of a diff because one side of it could not be rendered."""
    return f"Left out, because the {side} could not be rendered: {_named(failed)}."


def _named(refs: Collection[str]) -> str:
    shown = ", ".join(clean(ref) for ref in sorted(refs)[:_NAMED])
    more = f" and {len(refs) - _NAMED:,} more" if len(refs) > _NAMED else ""
    return f"{shown}{more}"


def denied_note(findings: Collection[Finding]) -> str:
    """A note on what is wrong with the catalog besides; empty when nothing is."""
    number = sum(one.severity is Severity.DENY for one in findings)
    if not number:
        return ""
    verb = "denies" if number == 1 else "deny"
    return f"Note: {count(number, 'finding')} of the catalog {verb}; `roadcrew check` lists them."


def written_text(folder: str, components: int, files: int, changed: int) -> str:
    """What stands in a folder now."""
    said = f"{count(components, 'component')}, {count(files, 'file')} in {clean(folder)}"
    return f"{said}: {count(changed, 'file') + ' written or removed' if changed else 'nothing changed'}."


def left_text(paths: Sequence[str]) -> str:
    """Files among the manifests that are not ours to remove."""
    shown = ", ".join(map(clean, paths[:_NAMED]))
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return f"Note: left alone, because nothing here rendered them: {shown}{more}."


def stream(files: Mapping[str, bytes]) -> bytes:
    """Files as one YAML stream; a comment says where each belongs, as `helm template` does."""
    return b"".join(b"---\n# Source: %b\n%b" % (path.encode(), data) for path, data in files.items())


def patch(change: FileChange) -> Iterator[str]:
    """One file's diff as `git apply` and `patch -p1` take it: lines with their ends, never shortened."""
    old, new = f"a/{change.path}", f"b/{change.path}"
    yield f"diff --git {old} {new}\n"
    if change.before is None:
        yield "new file mode 100644\n"
    if change.after is None:
        yield "deleted file mode 100644\n"
    names = ("/dev/null" if change.before is None else old, "/dev/null" if change.after is None else new)
    for line in difflib.unified_diff(_lines(change.before), _lines(change.after), *names):
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"


def line_style(line: str) -> str:
    """How a line of a patch looks on a terminal, as git shows it; one of `rich`'s styles."""
    styles = {"+++": "bold", "---": "bold", "+": "green", "-": "red", "@@": "cyan", " ": "", "\\": "dim"}
    return next((style for start, style in styles.items() if line.startswith(start)), "bold")


def conflict_text(head: str, base: str, paths: Sequence[str]) -> str:
    """Why a change cannot be compared with where it would go."""
    if not paths:
        return f"{clean(head)} shares no history with {clean(base)}."
    return f"{clean(head)} conflicts with {clean(base)} in {_named(paths)}."


def _lines(data: bytes | None) -> list[str]:
    """Split at line feeds alone, as git does: YAML may hold other characters that Python takes for ends."""
    pieces = (data or b"").decode("utf-8", "surrogateescape").split("\n")
    return [*(f"{piece}\n" for piece in pieces[:-1]), *filter(None, pieces[-1:])]
