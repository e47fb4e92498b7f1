"""The corpus: questions and answers in TOML files, and the loader that reads them."""
