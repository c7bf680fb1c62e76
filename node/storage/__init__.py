"""Rows, queries, dialects, migrations. Nothing here decides, logs a person's data or calls a service."""
