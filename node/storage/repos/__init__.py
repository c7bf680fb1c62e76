"""Queries by subject: functions `(session, ...)` that run inside a unit of work and commit nothing themselves."""
