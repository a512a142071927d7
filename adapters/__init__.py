"""The adapters: one technology per room. They translate between the domain and the outside world and decide nothing."""
