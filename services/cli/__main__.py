"""`python -m services.cli` is `kyrios-xero`."""

from services.cli import main

main()
