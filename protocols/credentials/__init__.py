"""Credentials and presentations: their data model, proofs and dates, and the contexts that give them meaning."""
