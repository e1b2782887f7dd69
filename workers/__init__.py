"""Celery: the app, its tasks and its schedule. Nothing here decides; it only calls."""
