"""`roadcrew serve` whose clock is ahead: `python -m tests.journeys.late SECONDS`. Everything else is the real one."""

import sys
from dataclasses import replace
from datetime import timedelta

from bot import wiring
from bot.cli import main


def start(ahead):
    """Tokens and queue keep to the true time."""
    built = wiring.build_ports

    def build_ports(*given, **named):
        return replace(built(*given, **named), clock=lambda: wiring.now() + ahead)

    wiring.build_ports = build_ports
    sys.argv = ["roadcrew", "serve"]
    main()


if __name__ == "__main__":
    start(timedelta(seconds=float(sys.argv[1])))
