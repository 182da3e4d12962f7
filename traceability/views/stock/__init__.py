"""Stock: what is on hand and what of it is free, and the pages that move, count, split and pack it."""
