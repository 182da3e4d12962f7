"""Pages of production: the orders, the line where lots are issued, and what is reported."""
