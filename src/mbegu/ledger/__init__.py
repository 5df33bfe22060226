"""What was done, from what, at what cost: one JSON file a run, chained by hashes; energy with its method."""
