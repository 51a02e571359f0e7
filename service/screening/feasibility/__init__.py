"""How many people a study would find: criterion by criterion, without one of them, with a bound moved, on past days."""
