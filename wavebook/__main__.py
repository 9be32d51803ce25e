"""``python -m wavebook`` is the command line."""

from wavebook.cli import main

if __name__ == "__main__":
    main()
