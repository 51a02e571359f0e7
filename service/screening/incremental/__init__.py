"""Screening again only those whose records changed since the last run, or whose day has come.

What a run read is kept, by person, with what came out; an export of what changed since (`_since`) replaces and removes
records, and only the persons concerned are put together and judged anew, by the same code as in a run over everything.
"""
