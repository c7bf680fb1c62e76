"""Evidence in, a report out: every step of the credentials checklist asked, every answer with its reason."""
