"""Work orders over HTTP: what they are, what goes into them, what came out."""
