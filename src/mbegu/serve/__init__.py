"""Serves a model to many: an OpenAI-compatible API in front of llama.cpp, bounded, fair and safe by default."""
