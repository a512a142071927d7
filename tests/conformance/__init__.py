"""Do the simulator and our client speak Xero's language? Judged by Xero's own SDK and its OpenAPI files."""
