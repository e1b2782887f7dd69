"""The words with which commands are answered."""
