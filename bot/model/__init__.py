"""The frozen nouns that everything else is written in. No behaviour beyond what their fields imply."""
