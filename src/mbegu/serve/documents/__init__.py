"""Answers from documents: read, search, quote, and say so when the documents do not hold the answer. Works without any model."""
