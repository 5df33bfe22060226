"""Bits per byte on held-out documents, beside models that only count."""
