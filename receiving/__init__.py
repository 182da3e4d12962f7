"""A supplier's delivery becomes lots.

Posts: receipt, receipt correction, supplier return.
Never: decides about quality, or moves what was made here.
"""
