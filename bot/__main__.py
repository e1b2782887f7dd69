"""`python -m bot` is the `roadcrew` command."""

from bot.cli import main

main()
