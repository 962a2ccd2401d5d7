"""Health rules: which charge points have problems, and when maintenance mutes them."""
