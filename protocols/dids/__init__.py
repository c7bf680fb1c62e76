"""DIDs: their syntax, their documents, and the methods that need no network."""
