"""What ends by itself: requests, grants and the ledger of both. Pure."""
