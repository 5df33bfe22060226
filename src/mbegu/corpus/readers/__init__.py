"""One file a format: bytes in, documents out."""
