"""Files that charge points download and upload: firmware, logs, diagnostics."""
