"""What listens on 3003: EST, the agent's own API, the caller's certificate."""
