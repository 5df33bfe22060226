"""Small built-in texts for the demo, and a list of open corpora to download when asked."""
