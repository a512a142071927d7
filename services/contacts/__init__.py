"""The contacts of an account: read from Xero page by page, fed to Kyrios, matched, and linked to its customers."""
