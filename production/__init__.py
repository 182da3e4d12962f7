"""Bills of material and their changes, work orders and runs: what went into what.

Posts: issue, issue return, removal, output, scrap.
Never: edits a run afterwards, or guesses which lot was used. What was not scanned is marked as inferred.
"""
