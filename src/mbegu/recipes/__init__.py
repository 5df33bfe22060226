"""The map of steps, recipes, and the runner."""
