"""The REST API by nouns: each file reads requests, asks the world or an act, and answers the shapes' JSON."""
