"""Innovation vouchers: the enterprise's wallet, and the officers' pools."""
