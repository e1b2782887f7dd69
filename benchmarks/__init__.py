"""How long the main jobs take, and how that compares with doing them by hand: `make bench`.

Every figure of one table comes from one run on one machine. Nothing here passes or fails.
"""
