"""From a JSON-LD document to the one text of its statements: expansion, quads, RDFC-1.0."""
