"""Where answers are kept: in memory, in a file, or in a server that several proxies share."""
