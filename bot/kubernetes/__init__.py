"""Kubernetes objects as plain data: what they are, ask for, and lose. Talks to no cluster."""
