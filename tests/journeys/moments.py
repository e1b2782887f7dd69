"""When the bot is killed: at every write, before GitHub has it and after. All of it with `make soak`.

An ordinary run takes each write once and the moments in turn, so that all of them are met.
"""

import pytest

MOMENTS = [("before", "kept"), ("after", "kept"), ("after", "lost")]
"""With its cache lost before GitHub had the write, the bot would be as on its first day."""


def at_every_moment(points, moments=tuple(MOMENTS)):
    """Parameters: each point with each moment."""
    return [
        pytest.param(*point, *moment, marks=() if turn == place % len(moments) else pytest.mark.soak)
        for place, point in enumerate(points)
        for turn, moment in enumerate(moments)
    ]
