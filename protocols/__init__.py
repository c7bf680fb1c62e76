"""What the specifications say: pure functions and frozen values, no network, storage, clock or environment."""
