/** Starting or restarting a broker takes seconds, and CI machines are slow; what waits for a condition has its own deadline. */
jest.setTimeout(60_000);
