"""CDS Hooks as data: what a call says, which data it asks for, what a card looks like, what feedback tells."""
