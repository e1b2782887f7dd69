"""Source text with its parts marked for colour. The text itself never changes, and is always escaped."""

from __future__ import annotations

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

MAX_COLOURED = 200_000
"""Characters; longer texts are shown plain."""
_BY_SUFFIX = {
    "bash": "bash",
    "cfg": "ini",
    "css": "css",
    "diff": "diff",
    "go": "go",
    "html": "html",
    "ini": "ini",
    "java": "java",
    "js": "javascript",
    "json": "json",
    "md": "markdown",
    "patch": "diff",
    "py": "python",
    "rego": "rego",
    "sh": "bash",
    "sql": "sql",
    "toml": "toml",
    "ts": "typescript",
    "yaml": "yaml",
    "yml": "yaml",
}
_NAMES = {**_BY_SUFFIX, **{name: name for name in _BY_SUFFIX.values()}, "console": "console"}
_BY_FILE = {"Dockerfile": "docker", "Makefile": "make"}
_FORMATTER = HtmlFormatter(nowrap=True)


def lines(path: str, text: str) -> list[Markup]:
    """The text's lines as HTML, coloured by the file's name where it says the language."""
    name = path.rsplit("/", 1)[-1]
    language = _BY_FILE.get(name) or _BY_SUFFIX.get(name.rsplit(".", 1)[-1].lower())
    html = _coloured(language, text) if language and len(text) <= MAX_COLOURED else escape(text)
    found = html.removesuffix("\n").split("\n")
    return [Markup(line) for line in found]  # noqa: S704  (escaped by Pygments or by `escape`)


def highlighted_block(language: str, text: str) -> str:
    """HTML of a fenced block; empty where the language is not known."""
    known = _NAMES.get(language.lower())
    return str(_coloured(known, text)) if known and len(text) <= MAX_COLOURED else ""


def _coloured(language: str, text: str) -> Markup:
    html = highlight(text, _lexer(language), _FORMATTER)
    return Markup(html)  # noqa: S704  (Pygments escapes)


def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)
