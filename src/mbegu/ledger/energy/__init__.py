"""Energy that a step used: a value with its method and range, the meters that measure it, and the carbon it stands for."""
