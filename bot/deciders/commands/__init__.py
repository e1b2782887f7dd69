"""What each command does. One file a group of commands; the core is `command.py` beside this room."""
