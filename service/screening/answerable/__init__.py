"""What an export can and cannot answer: gathered in one pass, decided by pure parts, told as text, JSON and a page."""
