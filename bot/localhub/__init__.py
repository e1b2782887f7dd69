"""A local GitHub: bare repos, REST, smart HTTP, signed webhooks, faults on request. It knows no Roadcrew."""
