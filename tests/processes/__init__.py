"""The engine as an installation runs it: workers, tickers, a broker and a simulated Xero, each a process of its own."""
