"""Words for files that cannot be read: YAML, encodings, paths."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

_QUOTE = "Put the whole value in quotes."

WORDS: Mapping[str, Words] = {
    "path-submodule": Words(
        title="A submodule where entities belong",
        message="This is a git submodule; what it holds is in another repo and is not read.",
        fix="Put the files themselves here.",
    ),
    "path-symlink": Words(
        title="A symbolic link where entities belong",
        message="This is a symbolic link, and links are not followed.",
        fix="Put the file itself here, or point a `Location` at the other file.",
    ),
    "path-unsafe": Words(
        title="A path that is not safe to use",
        message="This path has a part or a character that is not safe in a file's name.",
        fix="Rename the file: letters, digits, `-`, `_` and `.` are fine.",
    ),
    "yaml-alias": Words(
        title="YAML aliases that cannot be used",
        message="The alias {name} cannot be used here.",
        fix="Write the value out.",
        cases={
            "undefined": (
                "The alias {name} points to an anchor that this document does not have.",
                "Define the anchor above this line, or quote the value if its `*` belongs to it.",
            ),
            "loop": (
                "The alias {name} stands inside of the anchor that it points to, so it never ends.",
                "Write the value out.",
            ),
            "many": (
                "This document has more than {limit} aliases, or they stand for too much.",
                "Write the values out, or split the document.",
            ),
        },
    ),
    "yaml-depth": Words(
        title="YAML that is nested too deeply",
        message="From here on this is nested more than {limit} levels deep.",
        fix="Make it flatter, or keep it in a file of its own and refer to it with `$text`.",
    ),
    "yaml-duplicate-key": Words(
        title="The same key twice",
        message="The key {key} is already in this mapping, on line {first}. Map keys must be unique.",
        fix="Remove one of the two, or merge them.",
    ),
    "yaml-encoding": Words(
        title="A file that is not UTF-8 text",
        message="This file is not UTF-8 text.",
        fix="Save the file as UTF-8.",
        cases={
            "utf-8": ("The byte {code:plain} here is not UTF-8.", "Save the file as UTF-8."),
            "utf-16": ("This file is UTF-16, not UTF-8.", "Save the file as UTF-8."),
            "binary": (
                "This file is binary, not text: there is a {code:plain} here.",
                "Put a YAML file here, or give this one a name that does not end with `.yaml`.",
            ),
            "control": (
                "The control character {code:plain} here is not allowed in YAML.",
                "Remove the character; editors often do not show it.",
            ),
        },
    ),
    "yaml-key": Words(
        title="A key that is not a plain word",
        message="A mapping or a list stands here where a key is expected.",
        fix="Quote it if it starts with `{{{{` or `[` on purpose: in YAML these open a mapping or a list.",
    ),
    "yaml-size": Words(
        title="A file that is too large",
        message="This file has {size} bytes; YAML files of more than {limit} bytes are not read.",
        fix="Split it, or keep the large part in a file of its own and refer to it with `$text`.",
    ),
    "yaml-syntax": Words(
        title="Not valid YAML",
        message="YAML error: this cannot be understood here ({reason:plain}).",
        fix="Compare this line and those above it with one that works.",
        cases={
            "colon": (
                "YAML error: a `:` starts a nested mapping here, where none can be.",
                "Quote the value if the colon belongs to it, or check the indentation of this line.",
            ),
            "indent": (
                "YAML error: the indentation of this line fits none of the lines above it.",
                "Indent it as the keys that it belongs to.",
            ),
            "after-value": (
                "YAML error: there is more text after the end of a value.",
                "Put the whole value in quotes; inside of single quotes write `''` for a quote.",
            ),
            "list-mix": (
                "YAML error: this line is no item of the list above it.",
                "Start it with `- `, or indent it as the key that it belongs to.",
            ),
            "no-colon": (
                "YAML error: this is neither a key with a value nor an item of a list.",
                "Write `key: value` with a space after the colon, or indent it as part of the text above.",
            ),
            "start": ("YAML error: a value cannot start with {found}.", _QUOTE),
            "unclosed": (
                "YAML error: what {found} opens here is not closed, or a comma is missing in it.",
                "Add the missing bracket or comma, or put the whole value in quotes.",
            ),
            "quote": (
                "YAML error: the quote that opens here is never closed.",
                "Add the closing quote at the end of the value.",
            ),
            "stray": (
                "YAML error: a value is missing before {found}.",
                "Remove {found}, or put the whole value in quotes if it belongs to it.",
            ),
            "alias-name": (
                "YAML error: a value that starts with {found} is an alias or an anchor, and this is none.",
                _QUOTE,
            ),
            "block-text": (
                "YAML error: text follows the `|` or `>` on the same line.",
                "Start the text on the next line, indented.",
            ),
            "escape": (
                "YAML error: this backslash sequence means nothing inside of double quotes.",
                "Use single quotes, or write `\\\\` for a backslash.",
            ),
            "dash": (
                "YAML error: a list cannot start on the line of its key.",
                "Start the list on the next line, or put the value in quotes if it is a text with a dash.",
            ),
            "question": ("YAML error: a `? ` starts a complex key here, where none can be.", _QUOTE),
            "document": (
                "YAML error: a document starts here without a `---` above it.",
                "Put `---` on a line of its own between documents.",
            ),
            "directive": (
                "YAML error: a line that starts with `%` is a directive, and this one is not known.",
                "Remove the line, or put the value in quotes if it is one.",
            ),
        },
    ),
    "yaml-tab": Words(
        title="A tab where YAML wants spaces",
        message="YAML error: there is a tab here. Indentation must be spaces.",
        fix="Replace the tab with spaces; most editors have a command for the whole file.",
    ),
    "yaml-tag": Words(
        title="A YAML tag that is not known",
        message="The YAML tag {tag} is not known here, or does not fit its value.",
        fix="Remove the tag, or quote the value if its `!` belongs to it.",
    ),
}
"""By rule id."""
