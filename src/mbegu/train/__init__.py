"""Plan, data, objective, optimiser, the one loop, checkpoints."""
