"""Withdrawal: takes a giver, a document or a source out of a project, everywhere, and goes on when it was interrupted."""
