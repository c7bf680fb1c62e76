"""Skills by the URIs of the frameworks that define them, and which credential met which skill that was asked for."""
