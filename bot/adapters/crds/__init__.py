"""JSON Schemas of custom kinds, one file a kind. `NOTICE.md` says where they come from."""
