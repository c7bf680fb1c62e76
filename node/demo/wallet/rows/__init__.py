"""SQL, and nothing but: thin functions over one subject each, always inside the caller's transaction."""
