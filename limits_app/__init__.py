"""What may be spent and how often may be asked: rules, and what of them is used up, kept in Redis for all processes."""
