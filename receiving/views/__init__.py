"""Pages of receiving: what is expected, the delivery at the dock, and the receipts."""
