"""Where events wait: in one SQLite file (one process) or in Redis (Celery workers), and the locks of both.

Both keep the same promise: what was put is worked on until it ends, whatever is killed on the way.
"""
