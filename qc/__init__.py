"""Plans, inspections, results and dispositions: somebody other than the receiver decides.

Posts: disposition, sample.
Never: is called by another app. It finds its work by asking which requirements are open.
"""
