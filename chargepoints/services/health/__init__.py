"""What is wrong with charge points that nobody has noticed yet, and when that is no news."""
