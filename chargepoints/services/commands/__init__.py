"""Commands to charge points: types, submission, outcomes."""
