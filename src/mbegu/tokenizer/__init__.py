"""Byte-level BPE that keeps marks whole: train, measure, encode."""
