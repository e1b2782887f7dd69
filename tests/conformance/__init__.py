"""GitHub's own description of its API, held against what the local GitHub and the bot say to each other.

The description is the one from which `githubkit` generates its models and client. Nothing here starts a server.
"""
