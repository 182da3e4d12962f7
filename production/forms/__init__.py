"""Forms of production's own master data."""
