"""`sprintf` beside what `opa eval` says (1.22.2), word for word."""

import pytest

from bot.policy.rego.printf import rego, sprintf

SAID = [
    ("%v %s %d", ["a", "b", 3], "a b 3"),
    ("%s", [1], "%!s(int64=1)"),
    ("%d", ["a"], "%!d(string=a)"),
    ("%s %s", ["a"], "a %!s(MISSING)"),
    ("a", ["b", 1], "a%!(EXTRA string=b, int64=1)"),
    ("%5d|%-5s|%05d|%+d", [1, "a", 42, 7], "    1|a    |00042|+7"),
    ("%.2f %f %v", [1.5, 2.25, 0.1], "1.50 2.250000 0.1"),
    ("%v", [1e21], "1e+21"),
    ("%v %v", [1e20, 123456789.5], "1e+20 1.234567895e+08"),
    ("%d", [1.5], "%!d(float64=1.5)"),
    ("%q %x %X", ["a", 255, 255], '"a" ff FF'),
    ("%d%%", [50], "50%"),
    ("%t", [True], "%!t(string=true)"),
    ("%v %v", [None, [1, "a", {"b": None}]], 'null [1, "a", {"b": null}]'),
    ("%", [], "%!(NOVERB)"),
    ("%v %v %v", [1.5e-5, 1e6, 99999.5], "1.5e-05 1e+06 99999.5"),
    ("%6.2f|%.1s", [3.14159, "abc"], "  3.14|a"),
]


@pytest.mark.parametrize(("template", "values", "said"), SAID)
def test_as_go_prints_it(template, values, said):
    assert sprintf(template, values) == said


def test_values_as_rego_writes_them():
    assert rego({"b": {1, "a"}, "a": set()}) == '{"a": set(), "b": {1, "a"}}'


def test_padding_is_bounded():
    with pytest.raises(ValueError, match="pads"):
        sprintf("%1000000000d", [1])
