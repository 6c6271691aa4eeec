"""Work in processes of its own: the queue, the processes, and what they do."""
