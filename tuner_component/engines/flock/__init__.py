"""The engine for hosts that share nothing but storage."""
