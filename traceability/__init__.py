"""What every app shares: items, lots, locations, parties, the ledger, runs, holds and the two walks of genealogy.

Posts: opening balances, transfers, count adjustments, amendments, holds and lifts, reversals.
Never: imports receiving, qc, production, shipping or recalls. Only ``traceability.config``, which puts the
project together, knows all the apps.
"""
