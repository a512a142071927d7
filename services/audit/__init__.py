"""What auditors ask: any past state and how it came about, exports and their replay, what was sent and answered."""
