"""Forms of the house: strict fields, and one validation for pages and API alike."""
