"""The last mile: a server, a page, documents with citations, and a pack that works without any of them"""
