"""Inspections over HTTP, to read: what was looked at, what was found, and what was decided. No program decides."""
