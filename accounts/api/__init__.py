"""What every REST resource stands on: keys, strict JSON, one shape for errors and lists."""
