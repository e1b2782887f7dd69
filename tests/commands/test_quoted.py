"""What is quoted of a command in the answer to it: never a value that may be a secret."""

import pytest

from bot.commands.call import calls
from bot.commands.quoted import nameless, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "/request secret checkout name=pw value=hunter2 --environment dev --reason x",
            "/request secret checkout name=… value=… --environment dev --reason x",
        ),
        ('/request secret checkout value="hunter2 hunter2"', "/request secret checkout value=…"),
        ("/request secret checkout value='hunter2 hunter2'", "/request secret checkout value=…"),
        (
            "/request secret checkout hunter2 name=pw --reason x",
            "/request secret checkout … name=… --reason x",
        ),
        ("/roadcrew request secret checkout a.b=hunter2", "/roadcrew request secret checkout a.b=…"),
        ('/roadcrew request secret checkout value="hunter2', "/roadcrew request secret checkout value=…"),
        ("/reqest secret checkout value=hunter2", "/reqest secret checkout value=…"),
        (
            "/access checkout logs --environment prod --for=4h",
            "/access checkout logs --environment prod --for=4h",
        ),
        ("/explain catalog/a.yaml:7", "/explain catalog/a.yaml:7"),
    ],
)
def test_a_line_is_quoted_without_values(text, shown):
    (one,) = calls(text)
    assert quoted(one) == shown
    assert "hunter2" not in quoted(one)


def test_a_parameter_is_named_without_its_value():
    assert (nameless("value=hunter2"), nameless("hunter2")) == ("value=…", "…")
