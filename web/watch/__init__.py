"""What instruments are doing: the wall of live states, and one instrument's day."""
