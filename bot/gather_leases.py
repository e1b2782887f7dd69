"""The reads about leases: the branches of grants and of the ledger, and how requests came to the default branch."""
