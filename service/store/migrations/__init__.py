"""The changes of the tables, in order. Each is written once and never changed after a release."""
