"""A whole invented hospital of any size, as a bulk export, to measure with: `python -m tests.bench.corpus DIRECTORY`.

`prescreen sample` writes a few people with a story each; here are as many as fill the megabytes asked for, and no study
needs most of their lines. The same seed and size give the same bytes. Nobody in it exists.
"""

from tests.bench.corpus.charts import AS_OF
from tests.bench.corpus.write import DENSE, THIN, Corpus, kept_corpus, write_corpus

__all__ = ["AS_OF", "DENSE", "THIN", "Corpus", "kept_corpus", "write_corpus"]
