"""Screening what does not fit into memory, or on several processors: persons in buckets on disk, a bucket at a time.

What is met on the way through the input is put, unread, into the bucket of the person it is about; then each bucket is
read and judged by itself, as a population of its own, by the same code that does it in memory.
"""
