"""For auditors, officials and operators: cases and what happened in them, incidents."""
