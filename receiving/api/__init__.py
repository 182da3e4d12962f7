"""Receiving over HTTP: what is announced, what came, what went back, and the invoices that were matched to it."""
