"""Results on their way to the target: what is written, when, and what is left after a crash."""
