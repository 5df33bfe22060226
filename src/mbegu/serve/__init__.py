"""The last mile: a server, a page, documents with citations, and a pack that needs none of them."""
