"""The reads about leases: the branches of grants and ledger, and how requests came to the default branch."""
