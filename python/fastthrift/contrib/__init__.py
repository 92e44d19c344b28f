"""What stands beside the core of the library: asyncio, and whatever else not every program needs."""
