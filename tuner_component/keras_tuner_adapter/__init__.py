"""KerasTuner: its oracles and tuners in, its search spaces in and out."""
