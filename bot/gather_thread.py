"""The reads about commands: what was written, our marks on it, what its author may do."""
