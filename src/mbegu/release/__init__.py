"""What one gives away: GGUF, quantised files, card, label, checksums."""
