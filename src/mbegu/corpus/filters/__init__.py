"""Quality filters, one file each. None knows a word of any language: thresholds come from the corpus itself.

A filter's module has ``NAME`` (the reason that stands with what it drops), ``MEASURES`` (one line for people), and functions over a
``Batch`` of lines; most also have ``choose``, which makes a ``Limit`` from the distributions of the whole corpus.
"""
