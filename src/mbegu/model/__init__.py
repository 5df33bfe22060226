"""The decoder, its files, and the two engines that run it (torch and llama.cpp)."""
