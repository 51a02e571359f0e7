"""Telling by their bytes which lines of an export are worth parsing."""
