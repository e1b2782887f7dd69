"""Git: trees read by pygit2 from bare mirrors, transport by the git program. Never a work tree."""
