"""What invoices come to: the engine, the simulator and a third arithmetic must agree to the cent."""
