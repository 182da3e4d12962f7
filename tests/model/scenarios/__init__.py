"""What must be true, told as small stories. Each holds on the ledger as it is, and falls when its bug is in."""
