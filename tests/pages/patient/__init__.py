"""The pages of one patient."""
