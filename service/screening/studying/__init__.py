"""A study as those see it who work with it: what it asks, who falls out where, how well the records answer it."""
