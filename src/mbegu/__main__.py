"""``python -m mbegu`` is ``mbegu``."""

import sys

STOPPED = 130  # mbegu.core.errors has the list, which is not loaded yet


def main() -> None:
    """Load the command line and run it; Ctrl-C while it loads is no defect to be shown."""
    try:
        from mbegu.cli.main import run
    except KeyboardInterrupt:
        print("mbegu: stopped before it began.", file=sys.stderr)
        sys.exit(STOPPED)
    sys.exit(run())


if __name__ == "__main__":
    main()
