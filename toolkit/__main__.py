"""``python -m toolkit`` is ``offramp``."""

from toolkit.cli import main

if __name__ == "__main__":
    main()
