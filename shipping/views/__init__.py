"""Pages of shipping: orders, shipments and their packing lists, the dock, and what left or came back on other ways."""
