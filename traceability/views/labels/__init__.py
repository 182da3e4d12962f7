"""Print labels of anything that has one, and look after the printers."""
