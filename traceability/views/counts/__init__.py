"""Cycle counts: opened for places, an item, lots, a class or by chance; counted by scan; posted with a reason."""
