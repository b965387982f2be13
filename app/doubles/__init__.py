"""Stand-ins for services outside the platform: the payment sandbox and its played twin."""
