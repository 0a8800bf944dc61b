"""A base and a head turned into admission requests."""
