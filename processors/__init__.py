"""Items to matches to stories to alerts."""
