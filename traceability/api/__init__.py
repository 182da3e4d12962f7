"""REST API v1: reads of the ledger, and verbs that call the same services as the pages. Nothing here writes by itself.

Every view names the right it needs, every parameter and field it knows, and answers every error as a problem (RFC 9457).
"""
