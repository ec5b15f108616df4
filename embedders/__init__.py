"""Text to vectors: model files, tokenizer, fingerprint, forward pass, embedding process."""
