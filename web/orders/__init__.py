"""Orders and money: what a person owes, what a unit earns, and the payment provider's door."""
