"""Shipments over HTTP: what they are, picking for one, and letting it go."""
