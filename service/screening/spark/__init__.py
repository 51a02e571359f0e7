"""Screening on Spark: an engine for buckets. Spark reads the files, shuffles the buckets and sorts what was written.

What a line says, and what follows from it, is decided by the same functions as everywhere else. PySpark and PyArrow are
imported in here alone, and only when they are wanted.
"""
