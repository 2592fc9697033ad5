"""Domain types, codec, errors, URLs and text: pure, and imports nothing else of ours."""
