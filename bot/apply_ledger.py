"""The ledger: one JSON line for each thing that happened, on a branch of its own. Lines are never changed."""
