"""From files to clean text: read, measure the whole corpus, decide line by line, keep what was dropped with its reason.

Two passes over the text, each in parts that run on all cores, and one look at the whole between them:

    measure   each part: read, normalise, rewrite, drop what is no running text by its form; write hashes and distributions
    compare   the whole: exact, near and repeated; thresholds from the distributions
    decide    each part: drop lines and documents with their reasons, tag languages, replace private items

What the parts write lies in ``DIR/work`` with hashes, so that an interrupted run goes on from the parts that are done.
"""
