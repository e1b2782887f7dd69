"""Slash commands: the parser, the table, who may. Pure."""
