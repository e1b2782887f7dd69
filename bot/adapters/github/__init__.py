"""GitHub over PyGithub: verbs that keep their promises when answers get lost, limits bite or hosts change.

`GitHub` is the Forge of `bot/ports.py`. PyGithub signs, authenticates and encodes; what to repeat, what to
look for and where to stop is decided here. It never sleeps longer than a worker may, and never logs a token.
"""

from bot.adapters.github.forge import GitHub
from bot.adapters.github.redaction import Redaction, guard_logs, redact

__all__ = ["GitHub", "Redaction", "guard_logs", "redact"]
