"""Records of the local GitHub as GitHub's own JSON, in the form of its API version 2022-11-28.

Pure functions of a view and a record: nothing is changed, nothing is random, and no address leaves the hub.
That they are GitHub's is proved by `tests/conformance`, which holds them against GitHub's own description.
"""
