"""Pages of quality control: the queue, the bench, and the lists."""
