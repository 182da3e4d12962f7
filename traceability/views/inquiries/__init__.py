"""The ten questions on one page: one box, names that a user of other systems knows, files of the same query."""
