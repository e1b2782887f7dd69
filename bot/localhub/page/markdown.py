"""Markdown of threads, checks and READMEs as HTML that is safe to show.

Whatever the source says, what leaves here holds only the listed tags, attributes, classes and schemes.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup
from pygments.token import STANDARD_TYPES

from bot.localhub.page.code import highlighted_block

# fmt: off
_TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "span",
    "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "tt", "ul", "var",
}
# fmt: on
_ATTRIBUTES = {
    "a": {"href", "title"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
_BOXES = {"[ ] ": "\N{BALLOT BOX} ", "[x] ": "\N{BALLOT BOX WITH CHECK} "}
_ROOTED = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]", re.IGNORECASE)
_CLASSES = {"span": {name for name in STANDARD_TYPES.values() if name}}


def _aligned(state: StateCore) -> None:
    """Table cells say `align`, as the page's security policy takes no `style`."""
    for token in state.tokens:
        style = token.attrs.pop("style", "") if token.type in ("td_open", "th_open") else ""
        if style:
            token.attrSet("align", str(style).removeprefix("text-align:"))


def _boxed(state: StateCore) -> None:
    """`[ ]` and `[x]` at the start of a list's item are boxes to tick."""
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        first = inline.children[0] if inline.type == "inline" and inline.children else None
        if item.type == "list_item_open" and first is not None and first.content[:4].lower() in _BOXES:
            first.content = _BOXES[first.content[:4].lower()] + first.content[4:]


def _rooted(state: StateCore) -> None:
    """Relative links of a file lead to its neighbours."""
    base = state.env.get("base", "")
    for inline in state.tokens if base else ():
        for token in inline.children or ():
            target = str(token.attrGet("href") or "")
            if token.type == "link_open" and not _ROOTED.match(target):
                token.attrSet("href", f"{base}/{target.removeprefix('./')}")


def _parser(*, breaks: bool) -> MarkdownIt:
    options = {
        "html": True,
        "breaks": breaks,
        "highlight": lambda text, name, _: highlighted_block(name, text),
    }
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    for rule in (_aligned, _boxed, _rooted):
        parser.core.ruler.push(rule.__name__, rule)
    return parser


_THREAD, _FILE = _parser(breaks=True), _parser(breaks=False)


@lru_cache(maxsize=512)
def rendered(text: str, base: str = "") -> Markup:
    """HTML of a thread's text, where a line's end is one; with `base` of a document in that folder."""
    html = (_FILE if base else _THREAD).render(text, {"base": base})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704  (cleaned one line above)
