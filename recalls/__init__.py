"""Recall cases: the frozen scope, the hold on all of it, notices, answers and reports.

Posts: holds over a whole scope, and their lifting.
Never: computes a trace of its own. It asks the two walks of genealogy, and keeps what they said.
"""
