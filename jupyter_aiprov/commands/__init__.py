"""One small file per command of `jupyter aiprov`; `_command` is what they share."""
