PYTHON ?= python3

.PHONY: demo test check

# Set everything up and grow a tiny model from built-in sample text.
demo:
	$(PYTHON) tools/dev.py demo

# Set everything up; linter, formatter, type checker, import contract and tests.
test:
	$(PYTHON) tools/dev.py test

# The same without the tests.
check:
	$(PYTHON) tools/dev.py check
