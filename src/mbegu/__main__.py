"""``python -m mbegu`` is ``mbegu``."""

from mbegu.cli.main import main

if __name__ == "__main__":
    main()
