"""Recalls over HTTP, to read: cases, their frozen revisions, and the scope as it stands."""
