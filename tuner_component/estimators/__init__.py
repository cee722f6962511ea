"""What a cheap score says about a full one."""
