"""Is everything in Xero? Kyrios's invoices against Xero's, month by month. Reads both sides and changes neither."""
