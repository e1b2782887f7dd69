"""Rules of one's own: `kind: Rule` with CEL, and all the policies of a platform repo as one set."""
