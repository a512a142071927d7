"""What is done to this Xero from outside its API: by tests, by the demo, by a curious person with curl."""
