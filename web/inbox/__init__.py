"""What waits for the person who asks: tasks, their forms and files, bookings."""
