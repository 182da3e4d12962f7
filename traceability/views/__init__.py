"""Pages that show. The verbs of the ledger are in the apps; here one looks."""
