"""The rights of receiving, by what they allow."""

RECEIVE = "receiving.receive"
APPROVE = "receiving.approve"  # a lead: more than was ordered, a code that means an item
ANNOUNCE = "receiving.announce"
RETURN = "receiving.return_to_supplier"
