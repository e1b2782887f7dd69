"""What the documentation says is so: links lead somewhere, commands exist, settings are all named."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.settings import SETTINGS_TABLE

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_every_command_that_the_readme_types_exists():
    typed = set(re.findall(r"roadcrew ([a-z]+)\b", (ROOT / "README.md").read_text()))
    known = set(CliRunner().invoke(main, ["--help"]).output.split())
    assert typed
    assert typed <= known


def test_every_make_target_that_the_docs_type_exists():
    rules = (ROOT / "Makefile").read_text()
    for page in PAGES:
        for target in re.findall(r"make ([a-z]+)", page.read_text()):
            if re.search(rf"^\s+make {target}|`make {target}", page.read_text(), re.MULTILINE):
                assert f"\n{target}:" in rules, f"{page.name}: make {target}"


def test_the_readme_names_every_setting():
    """Mend with: python -m tests.test_docs."""
    text = (ROOT / "README.md").read_text()
    shown = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", text, re.DOTALL)
    assert shown
    assert shown.group(1) == settings_markdown()


def _row(one):
    flag = f"`{one.flag}`" if one.flag else "none: it is a secret"
    default = "**needed**" if one.is_required else f"`{one.default}`" if one.default else ""
    return f"| `{one.env}` | {flag} | {default} | {one.description} |"


def settings_markdown():
    rows = [_row(one) for one in SETTINGS_TABLE]
    return "\n".join(["| variable | flag | default | what it is |", "| --- | --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    readme = ROOT / "README.md"
    pattern = r"(<!-- settings -->\n).*?(<!-- /settings -->)"
    made = re.sub(pattern, lambda m: m[1] + settings_markdown() + m[2], readme.read_text(), flags=re.DOTALL)
    readme.write_text(made)
