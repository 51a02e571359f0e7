"""HTTP, from the side of those who ask."""
