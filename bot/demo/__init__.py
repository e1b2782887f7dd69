"""The story of `make demo`: the real bot, real git, a local GitHub. It shows; it decides nothing."""
