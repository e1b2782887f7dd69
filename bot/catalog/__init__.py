"""Entities: parse, positions, references, and what is wrong with them. Pure: files in, findings out."""
