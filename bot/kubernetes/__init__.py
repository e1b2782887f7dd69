"""Kubernetes objects as plain data: what they are, what they ask for, what changes in them. Talks to no cluster."""
