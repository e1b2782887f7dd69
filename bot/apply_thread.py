"""The writes in threads: reactions, labels, merges, issues. Looks first, and writes only the difference."""
