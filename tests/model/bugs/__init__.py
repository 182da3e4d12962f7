"""Deliberate bugs: each is a small wrong change of the product, and each is caught by a named scenario (see scenarios/)."""
