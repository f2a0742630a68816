// Threads for work that waits or computes for long, so that Swift's own few threads stay free for tasks.
