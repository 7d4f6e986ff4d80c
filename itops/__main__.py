"""`python -m itops` is the `itops` command."""

from itops.cli import main

if __name__ == "__main__":
    main()
