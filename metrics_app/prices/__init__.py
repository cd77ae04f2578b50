"""The Prices page: what is charged for which model, prices of one's own, and models without one."""
