"""What we call our check runs, in their `external_id`: by what they say, and for which pull request.

Two pull requests may have one commit as their head. Who looked at one has not seen it in the other.
"""

from __future__ import annotations


def run_name(digest: str, number: int, instead_of: int = 0) -> str:
    """`digest`: of the words, without a dot. `number`: of the pull request, 0 for none.

    `instead_of`: the newest run before it, where the same was said once before that one.
    """
    return f"{digest}.{number}.{instead_of}" if instead_of else f"{digest}.{number}"


def says(name: str, digest: str) -> bool:
    """Whether a run of this name says these words."""
    return name.partition(".")[0] == digest


def pull_of_run(name: str) -> int:
    """The number of the pull request for which the run was made; 0 for none."""
    number = name.split(".")[1:2]
    return int(number[0]) if number and number[0].isascii() and number[0].isdecimal() else 0
