"""Orders, picks, shipments and returns: what left, to whom, and what came back.

Posts: shipment, customer return.
Never: ships a lot that is held, expired or undecided. What has already left is recorded after the fact.
"""
