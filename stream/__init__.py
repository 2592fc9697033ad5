"""The event log: the contract, its implementations, and the one worker loop. No word of news in here."""
