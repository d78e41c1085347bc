"""What people fill in: each form reads the request and hands a value to a service."""
