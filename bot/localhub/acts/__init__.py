"""The state changes of the local GitHub, by noun: each checks, changes and announces at once."""
