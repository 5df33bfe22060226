"""Contamination: which test items stand in the training text, exactly, with other punctuation, without marks, re-ordered or in part."""
