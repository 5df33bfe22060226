"""Mbegu grows small language models for any language on the computer you already have."""

__version__ = "0.1.0"
