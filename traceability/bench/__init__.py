"""``manage.py bench``: makes its own database, fills it with ledgers of three shapes, and measures it side by side.

Reading: ours, the loop of one query per lot, one query per level, and a search in memory. Writing: the door, and the
same rows by raw SQL. Everything in one run, on one machine, so that ratios mean something where milliseconds do not.
"""
